// EventCount, hunting lost wake-ups: a lost one is a test that never ends.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include "shared/sync/event_count.h"

namespace strata {
namespace {

// A number that one side raises and the other waits for.
struct Baton {
  std::atomic<std::uint32_t> word{0};
  std::atomic<std::uint64_t> number{0};

  void wait_for(EventCount& events, std::uint64_t wanted) const {
    for (;;) {
      const std::uint32_t ticket = events.ticket();
      if (number.load(std::memory_order_relaxed) >= wanted) {
        return;
      }
      events.wait(ticket);
    }
  }
};

class EventCountStress : public testing::TestWithParam<Wait> {
 protected:
  // Who does not park keeps the others from their cores, for a time slice a turn at worst.
  [[nodiscard]] static std::uint64_t turns() {
    switch (GetParam()) {
      case Wait::kSpin:
        return 40;
      case Wait::kYield:
        return 1000;
      default:
        return 10'000;
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Policies, EventCountStress,
                         testing::Values(Wait::kSpin, Wait::kYield, Wait::kPark, Wait::kAuto),
                         [](const auto& policy) { return std::string(name_of(policy.param)); });

TEST_P(EventCountStress, PingPongNeverStops) {
  Baton there;
  Baton back;
  EventCount there_events(there.word, GetParam());
  EventCount back_events(back.word, GetParam());
  const std::uint64_t last = turns();
  std::thread other([&] {
    for (std::uint64_t turn = 1; turn <= last; ++turn) {
      there.wait_for(there_events, turn);
      back.number.store(turn, std::memory_order_relaxed);
      back_events.notify_all();
    }
  });
  for (std::uint64_t turn = 1; turn <= last; ++turn) {
    there.number.store(turn, std::memory_order_relaxed);
    there_events.notify_all();
    back.wait_for(back_events, turn);
  }
  other.join();
  EXPECT_EQ(back.number.load(), last);
}

TEST_P(EventCountStress, EveryWaiterIsWoken) {
  constexpr unsigned kWaiters = 4;
  Baton baton;
  EventCount events(baton.word, GetParam());
  std::atomic<std::uint64_t> arrived{0};
  std::atomic<std::uint32_t> arrived_word{0};
  EventCount arrived_events(arrived_word, Wait::kAuto);
  const std::uint64_t last = turns() / 10;
  std::vector<std::thread> waiters;
  for (unsigned i = 0; i < kWaiters; ++i) {
    waiters.emplace_back([&] {
      for (std::uint64_t turn = 1; turn <= last; ++turn) {
        baton.wait_for(events, turn);
        arrived.fetch_add(1, std::memory_order_relaxed);
        arrived_events.notify_all();
      }
    });
  }
  for (std::uint64_t turn = 1; turn <= last; ++turn) {
    baton.number.store(turn, std::memory_order_relaxed);
    events.notify_all();
    for (;;) {
      const std::uint32_t ticket = arrived_events.ticket();
      if (arrived.load(std::memory_order_relaxed) == turn * kWaiters) {
        break;
      }
      arrived_events.wait(ticket);
    }
  }
  for (std::thread& waiter : waiters) {
    waiter.join();
  }
  EXPECT_EQ(arrived.load(), last * kWaiters);
}

TEST_P(EventCountStress, ProcessesWakeEachOther) {
  void* memory =
      mmap(nullptr, 2 * sizeof(Baton), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  auto* batons = new (memory) Baton[2];
  const std::uint64_t last = turns() / 10;
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    EventCount events(batons[0].word, GetParam());
    for (std::uint64_t turn = 1; turn <= last; ++turn) {
      batons[0].wait_for(events, turn);
      batons[1].number.store(turn, std::memory_order_relaxed);
      ring(batons[1].word);
    }
    _exit(0);
  }
  EventCount events(batons[1].word, GetParam());
  for (std::uint64_t turn = 1; turn <= last; ++turn) {
    batons[0].number.store(turn, std::memory_order_relaxed);
    ring(batons[0].word);
    batons[1].wait_for(events, turn);
  }
  int status = -1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  munmap(memory, 2 * sizeof(Baton));
}

}  // namespace
}  // namespace strata
