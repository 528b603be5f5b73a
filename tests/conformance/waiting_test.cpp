// Mutex, Channel, Semaphore and Latch, with limits and cancellation, on every executor: each test
// is one set of bodies, and needs so many units alive that it is left out where they cannot be.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "shared/os/clock.h"
#include "shared/unit/channel.h"
#include "shared/unit/latch.h"
#include "shared/unit/mutex.h"
#include "shared/unit/semaphore.h"
#include "tests/conformance/group_test_fixture.h"

namespace strata {
namespace {

using namespace std::chrono_literals;

class WaitingTest : public GroupTest {};

INSTANTIATE_TEST_SUITE_P(All, WaitingTest, testing::ValuesIn(executor_cases({1, 2, 6}, {0, 6})),
                         name_of_case);

TEST_P(WaitingTest, APauseEndsByItsClockOrItsCancellation) {
  NEEDS_ALIVE(2)
  CancelSource over;
  Latch paused(1);
  run(2, [&](Unit& unit) -> Co<void> {
    if (unit.index() == 0) {
      EXPECT_EQ(co_await pause(unit, within(1ms)), WaitEnd::kTimedOut);
      paused.count_down();
      EXPECT_EQ(co_await pause(unit, {.cancel = &over}), WaitEnd::kCancelled);
    } else {
      co_await paused.wait(unit);
      over.cancel();
    }
  });
}

TEST_P(WaitingTest, AMutexLetsOneUnitInAtATimeAlsoAcrossItsWaits) {
  constexpr std::uint64_t kTurns = 200;
  Mutex mutex;
  std::uint64_t inside = 0;  // Plain numbers: the mutex alone orders the units.
  std::uint64_t count = 0;
  run(6, [&](Unit& unit) -> Co<void> {
    for (std::uint64_t turn = 0; turn < kTurns; ++turn) {
      const Mutex::Guard guard = co_await mutex.guard(unit);
      EXPECT_TRUE(guard);
      EXPECT_EQ(++inside, 1U);
      if (turn % 20 == unit.index()) {
        co_await unit.yield();
      }
      ++count;
      --inside;
    }
  });
  EXPECT_EQ(count, 6 * kTurns);
  EXPECT_TRUE(mutex.try_lock());
}

TEST_P(WaitingTest, AWaitThatCannotEndEndsAtItsDeadline) {
  Mutex mutex;
  ASSERT_TRUE(mutex.try_lock());
  Channel<int> empty(1);
  Channel<int> full(0);
  Semaphore none(0);
  Latch never(1);
  run(1, [&](Unit& unit) -> Co<void> {
    const std::uint64_t begin_ns = now_ns();
    EXPECT_EQ(co_await mutex.lock(unit, within(2ms)), WaitEnd::kTimedOut);
    EXPECT_FALSE(co_await mutex.guard(unit, within(2ms)));
    EXPECT_EQ((co_await empty.receive(unit, within(2ms))).end, WaitEnd::kTimedOut);
    EXPECT_EQ(co_await full.send(unit, 1, within(2ms)), WaitEnd::kTimedOut);
    EXPECT_EQ(co_await none.acquire(unit, within(2ms)), WaitEnd::kTimedOut);
    EXPECT_EQ(co_await never.wait(unit, within(2ms)), WaitEnd::kTimedOut);
    EXPECT_EQ(co_await never.wait(unit, {.deadline_ns = begin_ns}), WaitEnd::kTimedOut);
    EXPECT_GE(now_ns() - begin_ns, 12'000'000U);
    // Nothing is left behind of those waits.
    mutex.unlock();
    none.release();
    never.count_down();
    EXPECT_EQ(co_await empty.send(unit, 7), WaitEnd::kDone);
    EXPECT_EQ(*(co_await empty.receive(unit, within(1h))).value, 7);
    EXPECT_EQ(co_await mutex.lock(unit, within(1h)), WaitEnd::kDone);
    EXPECT_EQ(co_await none.acquire(unit, within(1h)), WaitEnd::kDone);
    EXPECT_EQ(co_await never.wait(unit, within(1h)), WaitEnd::kDone);
  });
}

TEST_P(WaitingTest, WhatCanBeHadAtOnceIsHadWhateverTheLimitSays) {
  CancelSource cancelled;
  cancelled.cancel();
  const WaitLimit past{.deadline_ns = 1, .cancel = &cancelled};
  Mutex mutex;
  Channel<int> channel(1);
  Semaphore one(1);
  Latch over(0);
  run(1, [&](Unit& unit) -> Co<void> {
    EXPECT_EQ(co_await mutex.lock(unit, past), WaitEnd::kDone);
    EXPECT_EQ(co_await channel.send(unit, 1, past), WaitEnd::kDone);
    EXPECT_EQ((co_await channel.receive(unit, past)).end, WaitEnd::kDone);
    EXPECT_EQ(co_await one.acquire(unit, past), WaitEnd::kDone);
    EXPECT_EQ(co_await over.wait(unit, past), WaitEnd::kDone);
    // And what cannot, not.
    const WaitLimit cancel{.cancel = &cancelled};
    EXPECT_EQ(co_await mutex.lock(unit, cancel), WaitEnd::kCancelled);
    EXPECT_EQ((co_await channel.receive(unit, cancel)).end, WaitEnd::kCancelled);
    EXPECT_EQ(co_await one.acquire(unit, cancel), WaitEnd::kCancelled);
  });
}

TEST_P(WaitingTest, AThreadOutsideWakesAUnit) {
  Semaphore semaphore(0);
  Channel<int> channel(0);
  Latch latch(1);
  std::atomic<int> at{0};
  std::thread outside([&] {
    const auto wait_for = [&](int step) {
      while (at.load() < step) {
        std::this_thread::yield();
      }
    };
    wait_for(1);
    semaphore.release();
    wait_for(2);
    latch.count_down();
    wait_for(3);
    channel.close();
  });
  run(1, [&](Unit& unit) -> Co<void> {
    at.store(1);
    EXPECT_EQ(co_await semaphore.acquire(unit), WaitEnd::kDone);
    at.store(2);
    EXPECT_EQ(co_await latch.wait(unit), WaitEnd::kDone);
    at.store(3);
    EXPECT_EQ((co_await channel.receive(unit)).end, WaitEnd::kClosed);
  });
  outside.join();
}

TEST_P(WaitingTest, ACancellationFromOutsideEndsEveryWait) {
  for (int round = 0; round < 20; ++round) {
    Semaphore semaphore(0);
    CancelSource over;
    std::atomic<bool> began{false};
    std::thread outside([&] {
      while (!began.load()) {
        std::this_thread::yield();
      }
      over.cancel();
    });
    run(
        1,
        [&](Unit& unit) -> Co<void> {
          began.store(true);
          EXPECT_EQ(co_await semaphore.acquire(unit, {.cancel = &over}), WaitEnd::kCancelled);
          EXPECT_TRUE(over.cancelled());
        },
        true);
    outside.join();
  }
}

TEST_P(WaitingTest, TwoUnitsPlayPingPongOverChannelsOfAnyCapacity) {
  NEEDS_ALIVE(2);
  constexpr std::uint64_t kRounds = 300;
  for (const std::size_t capacity : {std::size_t{0}, std::size_t{1}, kUnbounded}) {
    Channel<std::uint64_t> there(capacity);
    Channel<std::uint64_t> back(capacity);
    const Sums sums = run(2, [&](Unit& unit) -> Co<void> {
      for (std::uint64_t round = 0; round < kRounds; ++round) {
        if (unit.index() == 0) {
          EXPECT_EQ(co_await there.send(unit, round), WaitEnd::kDone);
          auto answer = co_await back.receive(unit);
          EXPECT_EQ(*answer, 2 * round);
          unit.add(0, *answer);
        } else {
          auto asked = co_await there.receive(unit);
          EXPECT_EQ(*asked, round);
          EXPECT_EQ(co_await back.send(unit, 2 * *asked), WaitEnd::kDone);
        }
      }
    });
    EXPECT_EQ(sums[0], kRounds * (kRounds - 1));
  }
}

TEST_P(WaitingTest, ManySendersAndReceiversLoseNothingAndTheCapacityHolds) {
  NEEDS_ALIVE(6);
  constexpr std::uint64_t kItems = 400;
  for (const std::size_t capacity : {std::size_t{0}, std::size_t{1}, std::size_t{5}, kUnbounded}) {
    Channel<std::uint64_t> channel(capacity);
    std::atomic<int> sending{3};
    const Sums sums = run(6, [&](Unit& unit) -> Co<void> {
      if (unit.index() % 2 == 0) {
        for (std::uint64_t item = 0; item < kItems; ++item) {
          EXPECT_EQ(co_await channel.send(unit, unit.index() * kItems + item), WaitEnd::kDone);
        }
        if (sending.fetch_sub(1) == 1) {
          channel.close();
        }
      } else {
        while (auto item = co_await channel.receive(unit)) {
          unit.add(0, 1);
          unit.add(1, *item);
          unit.add(2, *item * *item);
        }
      }
    });
    std::uint64_t total = 0;
    std::uint64_t squares = 0;
    for (const std::uint64_t sender : {0U, 2U, 4U}) {
      for (std::uint64_t item = 0; item < kItems; ++item) {
        total += sender * kItems + item;
        squares += (sender * kItems + item) * (sender * kItems + item);
      }
    }
    EXPECT_EQ(sums[0], 3 * kItems);
    EXPECT_EQ(sums[1], total);
    EXPECT_EQ(sums[2], squares);
    EXPECT_LE(channel.most(), capacity);
    EXPECT_EQ(channel.size(), 0U);
  }
}

TEST_P(WaitingTest, AClosedChannelSendsSendersAwayAndGivesWhatItHolds) {
  NEEDS_ALIVE(2);
  Channel<int> channel(1);
  run(2, [&](Unit& unit) -> Co<void> {
    if (unit.index() == 0) {
      EXPECT_EQ(co_await channel.send(unit, 1), WaitEnd::kDone);
      EXPECT_EQ(co_await channel.send(unit, 2), WaitEnd::kClosed);  // Waits, or comes too late.
      EXPECT_EQ(co_await channel.send(unit, 3), WaitEnd::kClosed);
    } else {
      while (channel.most() == 0) {
        co_await unit.yield();
      }
      channel.close();
      EXPECT_EQ(*(co_await channel.receive(unit)).value, 1);
      EXPECT_EQ((co_await channel.receive(unit)).end, WaitEnd::kClosed);
    }
  });
}

TEST_P(WaitingTest, ASemaphoreLetsInAsManyAsItHasPermits) {
  NEEDS_ALIVE(6);
  Semaphore semaphore(2);
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  run(6, [&](Unit& unit) -> Co<void> {
    for (int turn = 0; turn < 30; ++turn) {
      EXPECT_EQ(co_await semaphore.acquire(unit), WaitEnd::kDone);
      const int now = inside.fetch_add(1) + 1;
      EXPECT_LE(now, 2);
      most.store(std::max(most.load(), now));
      co_await unit.yield();
      inside.fetch_sub(1);
      semaphore.release();
    }
  });
  EXPECT_GE(most.load(), 1);
  EXPECT_TRUE(semaphore.try_acquire());
  EXPECT_TRUE(semaphore.try_acquire());
  EXPECT_FALSE(semaphore.try_acquire());
}

TEST_P(WaitingTest, ALatchHoldsEveryUnitUntilTheLastHasArrived) {
  NEEDS_ALIVE(6);
  Latch first(6);
  Latch second(6);
  std::atomic<int> arrived{0};
  run(6, [&](Unit& unit) -> Co<void> {
    arrived.fetch_add(1);
    EXPECT_EQ(co_await first.arrive_and_wait(unit), WaitEnd::kDone);
    EXPECT_EQ(arrived.load(), 6);
    EXPECT_EQ(co_await second.arrive_and_wait(unit), WaitEnd::kDone);
  });
}

TEST_P(WaitingTest, AUnitCancelsTheWaitsOfItsSiblings) {
  NEEDS_ALIVE(6);
  CancelSource over;
  Mutex mutex;
  Channel<int> channel(0);
  Semaphore semaphore(0);
  Latch latch(1);
  Latch ready(5);
  ASSERT_TRUE(mutex.try_lock());
  run(6, [&](Unit& unit) -> Co<void> {
    const WaitLimit limit{.deadline_ns = now_ns() + 3'600'000'000'000, .cancel = &over};
    if (unit.index() != 0) {
      ready.count_down();
    }
    switch (unit.index()) {
      case 0:
        EXPECT_EQ(co_await ready.wait(unit), WaitEnd::kDone);
        over.cancel();
        break;
      case 1:
        EXPECT_EQ(co_await mutex.lock(unit, limit), WaitEnd::kCancelled);
        break;
      case 2:
        EXPECT_EQ((co_await channel.receive(unit, {.cancel = &over})).end, WaitEnd::kCancelled);
        break;
      case 3:
        EXPECT_EQ(co_await semaphore.acquire(unit, limit), WaitEnd::kCancelled);
        break;
      default:
        EXPECT_EQ(co_await latch.wait(unit, limit), WaitEnd::kCancelled);
    }
  });
}

TEST_P(WaitingTest, AnOwnerThatLocksAgainAtOnceStarvesNobody) {
  NEEDS_ALIVE(2);
  Mutex mutex;
  std::atomic<bool> other_had_it{false};
  run(2, [&](Unit& unit) -> Co<void> {
    if (unit.index() == 1) {
      EXPECT_EQ(co_await mutex.lock(unit), WaitEnd::kDone);
      other_had_it.store(true);
      mutex.unlock();
      co_return;
    }
    // Never leaves the mutex free for longer than it takes to lock it again.
    EXPECT_EQ(co_await mutex.lock(unit), WaitEnd::kDone);
    while (!other_had_it.load()) {
      co_await unit.yield();
      mutex.unlock();
      EXPECT_EQ(co_await mutex.lock(unit), WaitEnd::kDone);
    }
    mutex.unlock();
  });
  EXPECT_TRUE(other_had_it.load());
}

TEST_P(WaitingTest, AUnitThatThrowsWhileItHoldsAMutexLetsItGo) {
  NEEDS_ALIVE(2);
  Mutex mutex;
  const BodyJob job([&](Unit& unit) -> Co<void> {
    const Mutex::Guard guard = co_await mutex.guard(unit);
    co_await unit.blocking([&unit] {
      if (unit.index() == 0) {
        throw std::runtime_error("no");
      }
    });
  });
  ExecutorConfig config = GetParam().config();
  FakeSource source(job);
  source.together(2);
  make_executor(GetParam().info->name, config)->run(source);
  const std::vector<LeaseOutcome> outcomes = source.outcomes();
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_TRUE(outcomes[0].failed);
  EXPECT_EQ(outcomes[0].failed_unit, 0U);
  EXPECT_TRUE(mutex.try_lock());
}

}  // namespace
}  // namespace strata
