// SlotRing between two processes, one of which is killed at any instruction: what the other has
// popped is whole and without gaps.
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <random>
#include <thread>

#include "shared/sync/slot_ring.h"

namespace strata {
namespace {

struct Message {
  std::array<std::uint64_t, 7> words;
};
using Ring = SlotRing<Message, 256>;

Message numbered(std::uint64_t number) {
  Message message{};
  for (std::size_t i = 0; i < message.words.size(); ++i) {
    message.words[i] = number * (i + 1);
  }
  return message;
}
bool is_whole(const Message& message) {
  for (std::size_t i = 0; i < message.words.size(); ++i) {
    if (message.words[i] != message.words[0] * (i + 1)) {
      return false;
    }
  }
  return true;
}

// A ring in memory that a forked child shares.
class SharedRing {
 public:
  SharedRing()
      : memory_(static_cast<std::byte*>(mmap(nullptr, sizeof(Ring), PROT_READ | PROT_WRITE,
                                             MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
    STRATA_CHECK(memory_ != MAP_FAILED);
  }
  SharedRing(const SharedRing&) = delete;
  SharedRing& operator=(const SharedRing&) = delete;
  ~SharedRing() { munmap(memory_, sizeof(Ring)); }
  Ring& ring() { return Ring::in({memory_, sizeof(Ring)}); }

 private:
  std::byte* memory_;
};

template <typename F>
pid_t in_child(F run) {
  const pid_t child = fork();
  STRATA_CHECK(child >= 0);
  if (child == 0) {
    run();
    _exit(0);
  }
  return child;
}

bool has_ended(pid_t child) { return waitpid(child, nullptr, WNOHANG) == child; }

TEST(SlotRingStress, ThreadsPassEveryMessageInOrder) {
  constexpr std::uint64_t kMessages = 300'000;
  SharedRing shared;
  std::thread producing([&shared] {
    Ring::Producer producer(shared.ring());
    for (std::uint64_t i = 0; i < kMessages;) {
      if (producer.push(numbered(i))) {
        ++i;
      } else {
        std::this_thread::yield();
      }
    }
  });
  Ring::Consumer consumer(shared.ring());
  for (std::uint64_t i = 0; i < kMessages;) {
    Message message{};
    if (!consumer.pop(message)) {
      std::this_thread::yield();
      continue;
    }
    ASSERT_EQ(message.words[0], i);
    ASSERT_TRUE(is_whole(message));
    ++i;
  }
  producing.join();
}

TEST(SlotRingStress, AKilledProducerLeavesWholeMessagesWithoutGaps) {
  constexpr std::uint64_t kSeed = 20261124;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  std::mt19937_64 random(kSeed);
  std::uint64_t most = 0;
  for (int kill_number = 0; kill_number < 60; ++kill_number) {
    SharedRing shared;
    const pid_t child = in_child([&shared] {
      Ring::Producer producer(shared.ring());
      for (std::uint64_t i = 0;;) {
        if (producer.push(numbered(i))) {
          ++i;
        } else {
          sched_yield();
        }
      }
    });
    // Killed once so many have come through: a condition, and at no particular instruction.
    const std::uint64_t kill_after = random() % 2000;
    Ring::Consumer consumer(shared.ring());
    std::uint64_t next = 0;
    const auto drain = [&](std::uint64_t until) {
      Message message{};
      while (next < until && consumer.pop(message)) {
        ASSERT_TRUE(is_whole(message)) << "kill " << kill_number;
        ASSERT_EQ(message.words[0], next) << "kill " << kill_number;
        ++next;
      }
    };
    while (next < kill_after) {
      drain(kill_after);
      sched_yield();
    }
    kill(child, SIGKILL);
    while (!has_ended(child)) {
      drain(~std::uint64_t{0});
      sched_yield();
    }
    drain(~std::uint64_t{0});
    EXPECT_GE(next, kill_after);
    most = std::max(most, next);
  }
  EXPECT_GT(most, Ring::slots());
}

TEST(SlotRingStress, AKilledConsumerLeavesAProducerThatOnlySeesAFullRing) {
  for (int kill_number = 0; kill_number < 30; ++kill_number) {
    SharedRing shared;
    const pid_t child = in_child([&shared] {
      Ring::Consumer consumer(shared.ring());
      for (Message message{};;) {
        if (!consumer.pop(message)) {
          sched_yield();
        }
      }
    });
    Ring::Producer producer(shared.ring());
    for (std::uint64_t i = 0; i < 1000;) {
      if (producer.push(numbered(i))) {
        ++i;
      } else {
        sched_yield();
      }
    }
    kill(child, SIGKILL);
    while (!has_ended(child)) {
      producer.push(numbered(0));
      sched_yield();
    }
    std::size_t room = 0;
    while (producer.push(numbered(0))) {
      ++room;
    }
    EXPECT_LE(room, Ring::slots());
    EXPECT_FALSE(producer.push(numbered(0)));
  }
}

}  // namespace
}  // namespace strata
