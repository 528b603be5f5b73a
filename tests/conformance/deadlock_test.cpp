// Waits that nobody would ever end: a deadlock is told with who waits for what, and units whose
// sibling has failed are cancelled.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include "shared/unit/channel.h"
#include "shared/unit/latch.h"
#include "shared/unit/mutex.h"
#include "shared/unit/semaphore.h"
#include "tests/conformance/group_test_fixture.h"

namespace strata {
namespace {

using namespace std::chrono_literals;

class DeadlockTest : public GroupTest {};

INSTANTIATE_TEST_SUITE_P(All, DeadlockTest, testing::ValuesIn(executor_cases({1, 2, 6}, {0, 6})),
                         name_of_case);

TEST_P(DeadlockTest, AUnitThatNobodyCanWakeIsADeadlock) {
  Semaphore semaphore(0);
  const LeaseOutcome outcome =
      run_to_failure(1, [&](Unit& unit) -> Co<void> { co_await semaphore.acquire(unit); });
  EXPECT_TRUE(outcome.failed);
  EXPECT_EQ(outcome.message,
            "deadlock: all units that are left wait, and nobody can wake them: unit 0 waits for a "
            "semaphore");
}

TEST_P(DeadlockTest, ADeadlockIsToldWithWhoWaitsForWhat) {
  NEEDS_ALIVE(3)
  Mutex first;
  Mutex second;
  Latch both(2);
  Latch never(1);
  bool unwound = false;
  const LeaseOutcome outcome = run_to_failure(3, [&](Unit& unit) -> Co<void> {
    if (unit.index() == 2) {
      struct AtTheEnd {
        bool& unwound;
        ~AtTheEnd() { unwound = true; }
      } const at_the_end{unwound};
      co_await never.wait(unit);
    } else {
      Mutex& mine = unit.index() == 0 ? first : second;
      Mutex& other = unit.index() == 0 ? second : first;
      const Mutex::Guard outer = co_await mine.guard(unit);
      co_await both.arrive_and_wait(unit);
      const Mutex::Guard inner = co_await other.guard(unit);
    }
  });
  EXPECT_TRUE(outcome.failed);
  EXPECT_EQ(outcome.message,
            "deadlock: all units that are left wait, and nobody can wake them: unit 2 waits for a "
            "latch; units 0 and 1 wait for a mutex");
  EXPECT_TRUE(unwound);
}

TEST_P(DeadlockTest, WhoSleepsOrBlocksInTheKernelIsInNoDeadlock) {
  NEEDS_ALIVE(3)
  Semaphore by_clock(0);
  Semaphore by_kernel(0);
  static constexpr auto kLongerThanTheyAreWatched = 250ms;
  const Sums sums = run(3, [&](Unit& unit) -> Co<void> {
    if (unit.index() == 0) {
      co_await by_clock.acquire(unit);
      co_await by_kernel.acquire(unit);
      unit.add(0, 1);
    } else if (unit.index() == 1) {
      co_await unit.sleep(kLongerThanTheyAreWatched);
      by_clock.release();
    } else {
      co_await unit.blocking([] { std::this_thread::sleep_for(2 * kLongerThanTheyAreWatched); });
      by_kernel.release();
    }
  });
  EXPECT_EQ(sums[0], 1U);
}

TEST_P(DeadlockTest, TheSiblingsOfAUnitThatThrowsAreCancelled) {
  NEEDS_ALIVE(4)
  Mutex mutex;
  Semaphore semaphore(0);
  Channel<int> channel(0);
  std::atomic<int> waiting{0};
  std::atomic<int> cancelled{0};
  const LeaseOutcome outcome = run_to_failure(4, [&](Unit& unit) -> Co<void> {
    if (unit.index() == 3) {
      while (waiting.load() < 3) {
        co_await unit.yield();
      }
      throw std::runtime_error("no luck");
    }
    try {
      waiting.fetch_add(1);
      if (unit.index() == 0) {
        co_await semaphore.acquire(unit);
      } else if (unit.index() == 1) {
        co_await channel.receive(unit, within(1h));
      } else {
        for (;;) {
          co_await unit.yield();
        }
      }
    } catch (const UnitCancelled& end) {
      EXPECT_EQ(std::string(end.what()), "cancelled, since unit 3 of its group failed");
      cancelled.fetch_add(1);
    }
  });
  EXPECT_TRUE(outcome.failed);
  EXPECT_EQ(outcome.failed_unit, 3U);
  EXPECT_EQ(outcome.message, "no luck");
  EXPECT_EQ(cancelled.load(), 3);
}

TEST_P(DeadlockTest, AGroupFailsWhenOneUnitThrowsThoughOthersStillRun) {
  NEEDS_ALIVE(3)
  FakeSource* told = nullptr;
  const BodyJob job([&told](Unit& unit) -> Co<void> {
    if (unit.index() == 1) {
      throw std::runtime_error("no luck");
    }
    // As ones that wait for the one that threw, but with an end.
    while (told->outcomes().empty()) {
      co_await unit.sleep(100us);
    }
  });
  FakeSource source(job);
  told = &source;
  source.together(3);
  GetParam().make()->run(source);
  const std::vector<LeaseOutcome> outcomes = source.outcomes();
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_TRUE(outcomes[0].failed);
  EXPECT_EQ(outcomes[0].failed_unit, 1U);
  EXPECT_EQ(outcomes[0].message, "no luck");
}

}  // namespace
}  // namespace strata
