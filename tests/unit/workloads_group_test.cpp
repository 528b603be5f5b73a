// counter, buffer and convoy: what a copy of a group is, and what their checks say of it.
#include <gtest/gtest.h>

#include <cstring>

#include "tests/unit/workloads_runner.h"

namespace strata {
namespace {

using testing::field;
using testing::RunnerOptions;
using testing::WorkloadRunner;

// A copy is one piece, and its units are all alive.
RunnerOptions one_copy(unsigned units) { return {.units_in_piece = units, .threads = units}; }

TEST(Counter, LosesNothingWithAnyFix) {
  for (const std::string fix : {"mutex", "atomic", "sharded", "message"}) {
    const unsigned units = fix == "message" ? 4 : 3;
    WorkloadRunner runner("counter", {"fix=" + fix, "units=3", "increments=5000", "repeats=2"},
                          one_copy(units));
    EXPECT_EQ(runner.plan().units, units) << fix;
    EXPECT_EQ(runner.plan().group, fix == "message" ? units : 1) << fix;
    const Outcome outcome = runner.run().finish();
    EXPECT_EQ(outcome.check, Check::kOk) << fix << ": " << outcome.detail;
    EXPECT_EQ(field<std::int64_t>(outcome, "expected"), 5000) << fix;
    EXPECT_EQ(field<std::uint64_t>(outcome, "lost"), 0U) << fix;
    EXPECT_EQ(field<std::uint64_t>(outcome, "numbers"), 2U) << fix;
  }
}

TEST(Counter, DoesNotClaimARaceThatDidNotShow) {
  // One unit after the other: there is no race.
  WorkloadRunner runner("counter", {"increments=1000"}, {.units_in_piece = 2, .threads = 1});
  const Outcome outcome = runner.run().finish();
  EXPECT_EQ(outcome.check, Check::kNotObserved) << outcome.detail;
  EXPECT_NE(outcome.detail.find("does not say that none can be"), std::string::npos);
}

TEST(Counter, TellsOfARaceThatShowedAndFailsWhereItMustNot) {
  for (const std::string fix : {"none", "mutex"}) {
    WorkloadRunner runner("counter", {"fix=" + fix, "increments=1000"},
                          {.units_in_piece = 2, .threads = 1});
    runner.run().pieces()[0].sums[1] = 7;  // Lost
    runner.pieces()[0].sums[2] = 1;        // In so many numbers
    const Outcome outcome = runner.finish();
    EXPECT_EQ(outcome.check, fix == "none" ? Check::kOk : Check::kFailed);
    EXPECT_NE(outcome.detail.find("1 of 5 numbers are off, by 7 in all"), std::string::npos)
        << outcome.detail;
    EXPECT_EQ(field<std::uint64_t>(outcome, "lost"), 7U);
  }
}

TEST(Counter, FailsWhenACopyIsMissingOrWasNotCountedToItsEnd) {
  WorkloadRunner runner("counter", {"fix=atomic", "increments=1000"}, one_copy(2));
  runner.run().pieces()[0].sums[0] -= 1;
  EXPECT_EQ(runner.finish().check, Check::kFailed);
  runner.pieces().clear();
  EXPECT_EQ(runner.finish().check, Check::kFailed);
}

TEST(Buffer, LetsEveryItemOutOnceWhateverTheNumbers) {
  for (const char* capacity : {"capacity=0", "capacity=1", "capacity=7"}) {
    for (int items = 1; items <= 40; items += 3) {
      WorkloadRunner runner(
          "buffer", {capacity, "producers=3", "consumers=2", "items=" + std::to_string(items)},
          one_copy(5));
      EXPECT_EQ(runner.plan().group, 5U);
      const Outcome outcome = runner.run().finish();
      EXPECT_EQ(outcome.check, Check::kOk) << items << ": " << outcome.detail;
      EXPECT_EQ(field<std::uint64_t>(outcome, "items"), static_cast<std::uint64_t>(items));
    }
  }
}

TEST(Buffer, FailsWhenAnItemIsLostDoubledOrSwapped) {
  WorkloadRunner runner("buffer", {"capacity=4", "items=100"}, one_copy(2));
  Sums& sums = runner.run().pieces()[0].sums;
  ASSERT_EQ(runner.finish().check, Check::kOk);
  const Sums good = sums;
  for (const std::size_t which : {0U, 1U, 2U}) {
    sums = good;
    sums[which] += 1;
    EXPECT_EQ(runner.finish().check, Check::kFailed) << which;
  }
}

TEST(Buffer, FailsWhenItHeldMoreThanItsCapacity) {
  WorkloadRunner runner("buffer", {"capacity=4", "items=100"}, one_copy(2));
  runner.run().pieces()[0].sums[3] = 5;
  const Outcome outcome = runner.finish();
  EXPECT_EQ(outcome.check, Check::kFailed);
  EXPECT_NE(outcome.detail.find("a buffer for 4 items held 5"), std::string::npos)
      << outcome.detail;
}

TEST(Convoy, TimesEverySleepBesideItsHogs) {
  WorkloadRunner runner("convoy", {"hogs=2", "sleeps=5", "ms=0.5", "slice=10"}, one_copy(3));
  EXPECT_EQ(runner.plan().group, 3U);
  const Outcome outcome = runner.run().finish();
  EXPECT_EQ(outcome.check, Check::kOk) << outcome.detail;
  EXPECT_EQ(field<std::uint64_t>(outcome, "sleeps"), 5U);
  EXPECT_GE(field<double>(outcome, "late_max_ms"), field<double>(outcome, "late_p50_ms"));
}

TEST(Convoy, CountsPercentilesFromTheSlotsOfTheSleeper) {
  WorkloadRunner runner("convoy", {"hogs=1", "sleeps=100", "ms=0.001"}, one_copy(2));
  runner.run();
  for (std::uint64_t i = 0; i < 100; ++i) {
    const std::uint64_t late_ns = (100 - i) * 1'000'000;  // 100 ms down to 1 ms
    std::memcpy(runner.slots().data() + i * sizeof late_ns, &late_ns, sizeof late_ns);
  }
  const Outcome outcome = runner.finish();
  EXPECT_EQ(outcome.check, Check::kOk) << outcome.detail;
  EXPECT_NEAR(field<double>(outcome, "late_p50_ms"), 50, 1e-9);
  EXPECT_NEAR(field<double>(outcome, "late_p90_ms"), 90, 1e-9);
  EXPECT_NEAR(field<double>(outcome, "late_p99_ms"), 99, 1e-9);
  EXPECT_NEAR(field<double>(outcome, "late_max_ms"), 100, 1e-9);
}

TEST(Convoy, FailsWhenASleepWasTooShortOrIsMissing) {
  WorkloadRunner runner("convoy", {"hogs=0", "sleeps=3"}, one_copy(1));
  runner.run().pieces()[0].sums[2] = 1;
  EXPECT_EQ(runner.finish().check, Check::kFailed);
  runner.pieces()[0].sums[2] = 0;
  EXPECT_EQ(runner.finish().check, Check::kOk);
  runner.pieces()[0].sums[0] = 2;
  EXPECT_EQ(runner.finish().check, Check::kFailed);
}

}  // namespace
}  // namespace strata
