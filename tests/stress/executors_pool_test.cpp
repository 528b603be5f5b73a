// The pool where it is most likely to lose something: tiny leases, many carriers, a source that has
// nothing every other moment, units of very unequal length.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstring>
#include <random>
#include <thread>

#include "tests/conformance/fake_source.h"
#include "worker/executors/executors.h"

namespace strata {
namespace {

ExecutorConfig config_of(std::uint32_t threads, Wait wait = Wait::kAuto) {
  ExecutorConfig config;
  config.threads = threads;
  config.wait = wait;
  return config;
}

// Sum 0: units. Sum 1: their indices. The slot: how often the unit ran.
Co<void> count_unit(Unit& unit) {
  unit.add(0, 1);
  unit.add(1, unit.index());
  unit.slot()[0] = static_cast<std::byte>(static_cast<unsigned>(unit.slot()[0]) + 1);
  co_return;
}

void expect_each_once(const FakeSource& source, std::uint64_t units) {
  EXPECT_EQ(source.sums()[0], units);
  EXPECT_EQ(source.sums()[1], units * (units - 1) / 2);
  std::uint64_t next = 0;
  for (const LeaseOutcome& outcome : source.outcomes()) {
    ASSERT_FALSE(outcome.failed) << outcome.message;
    ASSERT_EQ(outcome.lease.first_unit, next);
    for (std::uint32_t i = 0; i < outcome.lease.units; ++i) {
      ASSERT_EQ(outcome.lease.slot(i)[0], std::byte{1}) << "unit " << next + i;
    }
    next += outcome.lease.units;
  }
  EXPECT_EQ(next, units);
}

TEST(PoolStress, TinyLeasesOnManyCarriers) {
  const BodyJob job([](Unit& unit) { return count_unit(unit); });
  const auto pool = make_executor("pool", config_of(4));
  for (const std::uint32_t units_a_lease : {1U, 2U, 3U, 16U, 17U}) {
    FakeSource source(job, 1);
    source.leases(20'000, units_a_lease);
    pool->run(source);
    expect_each_once(source, 20'000);
  }
}

TEST(PoolStress, ALargeLeaseThatEverybodySteals) {
  const BodyJob job([](Unit& unit) { return count_unit(unit); });
  for (const std::uint32_t threads : {2U, 3U, 8U}) {
    FakeSource source(job, 1);
    source.lease(200'000);
    make_executor("pool", config_of(threads))->run(source);
    expect_each_once(source, 200'000);
  }
}

TEST(PoolStress, UnitsOfVeryUnequalLength) {
  const BodyJob job([](Unit& unit) -> Co<void> {
    const bool heavy = unit.index() % 97 == 0;
    co_await unit.compute(heavy ? 400'000 : unit.index() % 13 * 100);
    co_await count_unit(unit);
  });
  const auto pool = make_executor("pool", config_of(4));
  FakeSource source(job, 1);
  source.leases(5000, 700);
  pool->run(source);
  expect_each_once(source, 5000);
}

TEST(PoolStress, ASourceThatOftenHasNothing) {
  const BodyJob job([](Unit& unit) { return count_unit(unit); });
  for (const Wait wait : {Wait::kAuto, Wait::kPark, Wait::kYield}) {
    const auto pool = make_executor("pool", config_of(3, wait));
    FakeSource source(job, 1, wait);
    std::uint64_t units = 0;
    for (std::uint32_t i = 0; i < 1000; ++i) {
      source.lease(i % 5 + 1, i % 50 == 0).wait_for_all();
      units += i % 5 + 1;
    }
    pool->run(source);
    expect_each_once(source, units);
    EXPECT_EQ(source.claims_beside_alone(), 0U);
  }
}

TEST(PoolStress, ASourceThatIsRungFromOutside) {
  const BodyJob job([](Unit& unit) { return count_unit(unit); });
  const auto pool = make_executor("pool", config_of(3));
  FakeSource source(job, 1);
  constexpr std::uint64_t kHolds = 500;
  for (std::uint64_t i = 0; i < kHolds; ++i) {
    source.hold().lease(7);
  }
  std::thread outside([&source] {
    for (std::uint64_t i = 0; i + 1 < kHolds; ++i) {
      const std::uint64_t before = source.asked_in_vain();
      source.release();
      source.wait_until_asked_in_vain(before + 1);  // Somebody stands before the next hold().
    }
    source.release();
  });
  pool->run(source);
  outside.join();
  expect_each_once(source, kHolds * 7);
}

TEST(PoolStress, ManyShortTrialsOnOnePool) {
  const BodyJob job([](Unit& unit) { return count_unit(unit); });
  const auto pool = make_executor("pool", config_of(4));
  for (std::uint32_t trial = 0; trial < 1000; ++trial) {
    FakeSource source(job, 1);
    source.leases(trial % 40, trial % 7 + 1);
    pool->run(source);
    if (trial % 40 != 0) {
      expect_each_once(source, trial % 40);
    }
  }
}

TEST(PoolStress, FailuresAmongStealing) {
  const BodyJob job([](Unit& unit) -> Co<void> {
    if (unit.index() % 1000 == 999) {
      throw std::runtime_error("unit " + std::to_string(unit.index()));
    }
    unit.add(0, 1);
    co_return;
  });
  FakeSource source(job);
  source.leases(50'000, 5000);
  make_executor("pool", config_of(4))->run(source);
  const std::vector<LeaseOutcome> outcomes = source.outcomes();
  ASSERT_EQ(outcomes.size(), 10U);
  for (const LeaseOutcome& outcome : outcomes) {
    EXPECT_TRUE(outcome.failed);
    EXPECT_EQ(outcome.failed_unit, outcome.lease.first_unit + 999);
    EXPECT_EQ(outcome.message, "unit " + std::to_string(outcome.failed_unit));
  }
}

}  // namespace
}  // namespace strata
