// Waits that end in three ways at once: woken, at a deadline so near that it races with the wake,
// and cancelled. Whatever happens, nothing is lost and nothing is had twice.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <thread>

#include "shared/unit/channel.h"
#include "shared/unit/executor_table.h"
#include "shared/unit/mutex.h"
#include "shared/unit/semaphore.h"
#include "tests/conformance/fake_source.h"
#include "worker/executors/executors.h"

namespace strata {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kUnits = 8;
constexpr int kTurns = 1500;

class UnitWaitingStress : public testing::TestWithParam<const ExecutorInfo*> {
 protected:
  // Bodies that wait for each other in pairs at least; serial has one unit at a time.
  template <typename Body>
  static Sums run(Body body) {
    const BodyJob job(std::move(body));
    ExecutorConfig config;
    config.threads = kUnits;
    config.in_flight = kUnits;
    config.gil_interval = 20us;
    FakeSource source(job);
    source.together(kUnits);
    make_executor(GetParam()->name, config)->run(source);
    for (const LeaseOutcome& outcome : source.outcomes()) {
      EXPECT_FALSE(outcome.failed) << outcome.message;
    }
    return source.sums();
  }
};

std::vector<const ExecutorInfo*> executors_of_many() {
  std::vector<const ExecutorInfo*> executors;
  for (const ExecutorInfo& info : executor_table()) {
    if (info.rule != ThreadsRule::kOne) {
      executors.push_back(&info);
    }
  }
  return executors;
}

INSTANTIATE_TEST_SUITE_P(All, UnitWaitingStress, testing::ValuesIn(executors_of_many()),
                         [](const auto& each) { return std::string(each.param->name); });

// None, so near that it races with the wake, or far.
WaitLimit some_limit(std::minstd_rand& random) {
  switch (random() % 3) {
    case 0:
      return {};
    case 1:
      return within(std::chrono::nanoseconds(random() % 100'000));
    default:
      return within(1h);
  }
}

TEST_P(UnitWaitingStress, AMutexKeepsItsPromiseAmidDeadlines) {
  Mutex mutex;
  std::uint64_t count = 0;  // A plain number: the mutex alone orders the units.
  const Sums sums = run([&](Unit& unit) -> Co<void> {
    std::minstd_rand random(static_cast<unsigned>(unit.index()) + 1);
    for (int turn = 0; turn < kTurns; ++turn) {
      const Mutex::Guard guard = co_await mutex.guard(unit, some_limit(random));
      if (guard) {
        ++count;
        unit.add(0, 1);
        if (random() % 16 == 0) {
          co_await unit.yield();
        }
      }
    }
  });
  EXPECT_EQ(count, sums[0]);
  EXPECT_TRUE(mutex.try_lock()) << "somebody still owns it";
}

TEST_P(UnitWaitingStress, ASemaphoreKeepsItsPermitsAmidDeadlines) {
  Semaphore semaphore(2);
  std::atomic<int> inside{0};
  run([&](Unit& unit) -> Co<void> {
    std::minstd_rand random(static_cast<unsigned>(unit.index()) + 1);
    for (int turn = 0; turn < kTurns; ++turn) {
      if (co_await semaphore.acquire(unit, some_limit(random)) == WaitEnd::kDone) {
        EXPECT_LE(inside.fetch_add(1), 1);
        if (random() % 4 == 0) {
          co_await unit.yield();
        }
        inside.fetch_sub(1);
        semaphore.release();
      }
    }
  });
  EXPECT_TRUE(semaphore.try_acquire());
  EXPECT_TRUE(semaphore.try_acquire());
  EXPECT_FALSE(semaphore.try_acquire());
}

TEST_P(UnitWaitingStress, AChannelDeliversWhatWasSentAndNothingElseAmidDeadlines) {
  for (const std::size_t capacity : {std::size_t{0}, std::size_t{2}}) {
    Channel<std::uint64_t> channel(capacity);
    std::atomic<std::uint32_t> senders{kUnits / 2};
    const Sums sums = run([&](Unit& unit) -> Co<void> {
      std::minstd_rand random(static_cast<unsigned>(unit.index()) + 1);
      if (unit.index() % 2 == 0) {
        for (int turn = 0; turn < kTurns; ++turn) {
          const std::uint64_t value = random();
          if (co_await channel.send(unit, value, some_limit(random)) == WaitEnd::kDone) {
            unit.add(0, 1);
            unit.add(1, value);
          }
        }
        if (senders.fetch_sub(1) == 1) {
          channel.close();
        }
        co_return;
      }
      for (;;) {
        auto received = co_await channel.receive(unit, some_limit(random));
        if (received) {
          unit.add(2, 1);
          unit.add(3, *received);
        } else if (received.end == WaitEnd::kClosed) {
          co_return;
        }
      }
    });
    EXPECT_GT(sums[0], 0U);
    EXPECT_EQ(sums[0], sums[2]);
    EXPECT_EQ(sums[1], sums[3]);
  }
}

TEST_P(UnitWaitingStress, ACancellationMeetsWaitsAtAnyInstant) {
  struct Round {
    CancelSource over;
    Semaphore semaphore{0};
    std::atomic<std::uint32_t> got{0};
  };
  constexpr std::size_t kRounds = 200;
  std::vector<Round> rounds(kRounds);
  std::atomic<std::size_t> at{0};
  std::thread outside([&] {
    std::minstd_rand random(1);
    for (std::size_t i = 0; i < kRounds; ++i) {
      while (at.load() < i) {
        std::this_thread::yield();
      }
      rounds[i].semaphore.release(random() % kUnits);
      rounds[i].over.cancel();
    }
  });
  run([&](Unit& unit) -> Co<void> {
    for (std::size_t i = 0; i < kRounds; ++i) {
      Round& round = rounds[i];
      const WaitEnd end = co_await round.semaphore.acquire(unit, {.cancel = &round.over});
      if (end == WaitEnd::kDone) {
        round.got.fetch_add(1);
      } else {
        EXPECT_EQ(end, WaitEnd::kCancelled);
      }
      at.store(i + 1);
    }
  });
  outside.join();
  std::minstd_rand random(1);
  for (Round& round : rounds) {
    // What was not had by a unit is still there.
    std::uint32_t left = 0;
    while (round.semaphore.try_acquire()) {
      ++left;
    }
    EXPECT_EQ(round.got.load() + left, random() % kUnits);
  }
}

}  // namespace
}  // namespace strata
