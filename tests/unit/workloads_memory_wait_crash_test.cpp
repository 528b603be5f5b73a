// memory, wait and crash: values, times and deaths are what they say.
#include <gtest/gtest.h>

#include "tests/unit/workloads_runner.h"

namespace strata {
namespace {

using testing::field;
using testing::WorkloadRunner;

TEST(Memory, EndsWithTheComputedValues) {
  for (const char* repeats : {"repeats=1", "repeats=2", "repeats=3", "repeats=7"}) {
    WorkloadRunner runner("memory", {"megabytes=5", "block=2", repeats});
    const Outcome outcome = runner.run().finish();
    EXPECT_EQ(outcome.check, Check::kOk) << repeats << ": " << outcome.detail;
  }
}

TEST(Memory, EndsWithTheComputedValuesOnSeveralThreads) {
  WorkloadRunner runner("memory", {"megabytes=12", "block=1", "repeats=3"}, {.threads = 4});
  const Outcome outcome = runner.run().finish();
  EXPECT_EQ(outcome.check, Check::kOk) << outcome.detail;
}

TEST(Memory, StaysFiniteForAsManyRepeatsAsAreAllowed) {
  WorkloadRunner runner("memory", {"megabytes=1", "repeats=1000"});
  const Outcome outcome = runner.run().finish();
  EXPECT_EQ(outcome.check, Check::kOk) << outcome.detail;
}

TEST(Memory, CutsBlocksOfOneSizeAndASmallerLastOne) {
  WorkloadRunner runner("memory", {"megabytes=5", "block=2", "repeats=1"});
  EXPECT_EQ(runner.plan().units, 3U);
  EXPECT_EQ(runner.plan().weights.front(), (2U << 20U) / 24);
  EXPECT_EQ(runner.plan().weights.back(), (1U << 20U) / 24);
}

TEST(Memory, CountsTwentyFourBytesAnElementAndSweep) {
  WorkloadRunner runner("memory", {"megabytes=2", "block=1", "repeats=10"});
  const Outcome outcome = runner.run().finish();
  const std::uint64_t elements = 2 * ((1U << 20U) / 24);
  EXPECT_EQ(field<std::uint64_t>(outcome, "bytes"), elements * 24 * 10);
  EXPECT_DOUBLE_EQ(field<double>(outcome, "gb_per_s"),
                   static_cast<double>(elements) * 24 * 10 / 0.5e9);
  EXPECT_GT(field<double>(outcome, "triad_gb_per_s"), field<double>(outcome, "gb_per_s"));
}

TEST(Memory, FailsItsCheckWhenOneBitIsWrong) {
  WorkloadRunner runner("memory", {"megabytes=1", "repeats=1"});
  runner.run().pieces()[0].sums[0] ^= 1;
  EXPECT_EQ(runner.finish().check, Check::kFailed);
}

TEST(Wait, BlocksEachUnitForAtLeastAsLongAsAsked) {
  WorkloadRunner runner("wait", {"units=5", "ms=2"});
  const Outcome outcome = runner.run().finish();
  EXPECT_EQ(outcome.check, Check::kOk) << outcome.detail;
  const double waited_s = field<double>(outcome, "waited_s");
  EXPECT_GE(waited_s, 0.010);
  EXPECT_DOUBLE_EQ(field<double>(outcome, "concurrency"), waited_s / 0.5);
  EXPECT_NEAR(field<double>(outcome, "late_ms"), waited_s * 1e3 / 5 - 2, 1e-9);
}

TEST(Wait, FailsItsCheckWhenAUnitDidNotWait) {
  WorkloadRunner runner("wait", {"units=5", "ms=0.001"});
  runner.run().pieces()[0].sums[2] = 1;
  const Outcome outcome = runner.finish();
  EXPECT_EQ(outcome.check, Check::kFailed);
  EXPECT_EQ(outcome.detail, "1 units were blocked for less than 1.00 us");
}

TEST(Crash, IsOrdinaryWorkWhenNoUnitCrashes) {
  WorkloadRunner runner("crash", {"units=10", "grain=1", "at=10"});
  const Outcome outcome = runner.run().finish();
  EXPECT_EQ(outcome.check, Check::kOk);
  EXPECT_EQ(outcome.detail, "10 of 10 other units done");
}

TEST(Crash, LeavesTheUnitByAnExceptionThatNamesIt) {
  WorkloadRunner runner("crash", {"units=1", "grain=0", "at=0", "how=throw"});
  try {
    runner.run();
    FAIL() << "the unit did not throw";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "this unit throws on purpose (how=throw)");
  }
}

void crash_by(const std::string& how) {
  WorkloadRunner runner("crash", {"units=1", "grain=0", "at=0", "how=" + how});
  runner.run();
}

TEST(CrashDeathTest, EndsItsProcessAsItSays) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(crash_by("segv"), ::testing::KilledBySignal(SIGSEGV), "");
  EXPECT_EXIT(crash_by("abort"), ::testing::KilledBySignal(SIGABRT), "");
  EXPECT_EXIT(crash_by("fpe"), ::testing::KilledBySignal(SIGFPE), "");
  EXPECT_EXIT(crash_by("kill"), ::testing::KilledBySignal(SIGKILL), "");
  EXPECT_EXIT(crash_by("exit"), ::testing::ExitedWithCode(7), "");
}

TEST(Crash, CountsTheOtherUnits) {
  WorkloadRunner runner("crash", {"units=3", "grain=0", "at=1"});
  Outcome outcome = runner.finish();
  EXPECT_EQ(outcome.check, Check::kFailed);
  EXPECT_EQ(outcome.detail, "0 of 2 other units done");
  runner.pieces().push_back({.first_unit = 0, .units = 1, .sums = {1}});
  runner.pieces().push_back({.first_unit = 2, .units = 1, .sums = {1}});
  outcome = runner.finish();
  EXPECT_EQ(outcome.check, Check::kOk);
  EXPECT_EQ(field<std::uint64_t>(outcome, "others_done"), 2U);
}

}  // namespace
}  // namespace strata
