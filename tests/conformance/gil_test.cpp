// What `gil` promises beyond what every executor does: one unit runs at a time, a unit that
// computes gives way when it is asked, and not without being asked.
#include "worker/executors/gil.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "shared/unit/kernel.h"
#include "tests/conformance/fake_source.h"
#include "worker/executors/executors.h"

namespace strata {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kLongOperations = 200'000 * kKernelStepOperations;  // About a millisecond.

ExecutorConfig two_units(std::chrono::microseconds interval) {
  ExecutorConfig config;
  config.in_flight = 2;
  config.gil_interval = interval;
  return config;
}

TEST(Gil, KeepsASecondThreadOutUntilTheHolderDropsIt) {
  Gil gil(1h);
  gil.take();
  std::atomic<bool> in{false};
  std::thread other([&] {
    gil.take();
    in.store(true);
    gil.drop();
  });
  EXPECT_FALSE(in.load());
  gil.checkpoint();  // Nobody has waited for an hour.
  EXPECT_FALSE(in.load());
  EXPECT_EQ(gil.switches(), 1U);
  gil.drop();
  other.join();
  EXPECT_TRUE(in.load());
  EXPECT_EQ(gil.switches(), 2U);
}

TEST(Gil, AHolderThatIsAskedGoesOnOnlyAfterAnotherThreadHadTheLock) {
  Gil gil(1us);
  gil.take();
  std::uint64_t turns = 0;  // Written under the lock alone: the sanitizer sees if not.
  std::thread other([&] {
    for (int i = 0; i < 100; ++i) {
      gil.take();
      ++turns;
      gil.drop();
    }
  });
  // Each checkpoint that drops the lock must find another turn done; without the forced switch this
  // thread would take the lock back before the other is awake.
  for (std::uint64_t seen = 0; seen < 100;) {
    const std::uint64_t switches = gil.switches();
    gil.checkpoint();
    if (gil.switches() != switches) {
      EXPECT_GT(turns, seen);
      seen = turns;
    }
  }
  gil.drop();
  other.join();
  EXPECT_EQ(turns, 100U);
}

TEST(GilExecutor, OneUnitRunsAtATime) {
  std::uint64_t inside = 0;  // Plain numbers on purpose: the lock alone orders the units.
  std::uint64_t total = 0;
  const BodyJob job([&](Unit& unit) -> Co<void> {
    for (int i = 0; i < 200; ++i) {
      EXPECT_EQ(++inside, 1U);
      ++total;
      --inside;
      co_await unit.compute(100 * kKernelStepOperations);
      if (i % 50 == 0) {
        co_await unit.yield();
        co_await unit.sleep(1us);
        co_await unit.blocking([] { std::this_thread::yield(); });
      }
    }
  });
  ExecutorConfig config;
  config.in_flight = 8;
  config.gil_interval = 1us;
  FakeSource source(job);
  source.leases(24, 5);
  make_executor("gil", config)->run(source);
  EXPECT_EQ(total, 24U * 200);
}

// Unit 1 computes until unit 0 has had a turn, which it gets in the midst of one compute() or
// never.
void expect_a_turn_during_compute(const ExecutorConfig& config) {
  std::atomic<bool> computing{false};
  std::atomic<bool> had_a_turn{false};
  const BodyJob job([&](Unit& unit) -> Co<void> {
    if (unit.index() == 0) {
      co_await unit.blocking([&] {
        while (!computing.load()) {
          std::this_thread::yield();
        }
      });
      had_a_turn.store(true);
      co_return;
    }
    computing.store(true);
    while (!had_a_turn.load()) {
      const std::uint64_t value = co_await unit.compute(kLongOperations);
      EXPECT_EQ(value, compute_kernel(unit.seed(), unit.index(), kLongOperations));
    }
  });
  FakeSource source(job);
  source.lease(2);
  make_executor("gil", config)->run(source);
  EXPECT_TRUE(had_a_turn.load());
}

TEST(GilExecutor, AUnitThatComputesGivesWayWhenItIsAsked) {
  expect_a_turn_during_compute(two_units(1us));
}

TEST(GilExecutor, AUnitMayComputeWithoutTheLock) {
  ExecutorConfig config = two_units(1h);  // Nobody ever asks.
  config.gil_release_compute = true;
  expect_a_turn_during_compute(config);
}

}  // namespace
}  // namespace strata
