// compute: the serial checksum however it is cut, and work that is as unequal as it says.
#include <gtest/gtest.h>

#include <cmath>

#include "shared/unit/kernel.h"
#include "tests/unit/workloads_runner.h"

namespace strata {
namespace {

using testing::field;
using testing::WorkloadRunner;

TEST(Compute, GivesTheSerialChecksumHoweverItIsCut) {
  std::string checksum;
  for (const std::uint64_t units_in_piece : {1U, 7U, 100U}) {
    WorkloadRunner runner("compute", {"units=100", "grain=20"},
                          {.seed = 9, .units_in_piece = units_in_piece});
    const Outcome outcome = runner.run().finish();
    EXPECT_EQ(outcome.check, Check::kOk) << outcome.detail;
    EXPECT_TRUE(checksum.empty() || checksum == field<std::string>(outcome, "checksum"));
    checksum = field<std::string>(outcome, "checksum");
  }
}

TEST(Compute, CountsTheOperationsThatTheKernelDoes) {
  WorkloadRunner runner("compute", {"units=10", "grain=20"}, {.operations_per_us = 101});
  const Outcome outcome = runner.run().finish();
  const std::uint64_t operations = field<std::uint64_t>(outcome, "operations");
  EXPECT_EQ(operations % kKernelStepOperations, 0U);
  EXPECT_NEAR(static_cast<double>(operations), 10 * 20 * 101.0, 10 * kKernelStepOperations);
  EXPECT_DOUBLE_EQ(field<double>(outcome, "gflops"), static_cast<double>(operations) / 0.5e9);
}

TEST(Compute, ChecksEmptyUnitsToo) {
  WorkloadRunner runner("compute", {"units=1000", "grain=0"}, {.operations_per_us = 0});
  const Outcome outcome = runner.run().finish();
  EXPECT_EQ(outcome.check, Check::kOk) << outcome.detail;
  EXPECT_EQ(field<std::uint64_t>(outcome, "operations"), 0U);
}

TEST(Compute, NeedsACalibrationOnlyForUnitsWithWork) {
  const Workload* compute = find_workload("compute");
  using Values = std::map<std::string, std::string, std::less<>>;
  EXPECT_FALSE(compute->calibrated(Parameters(Values{{"grain", "0"}})));
  EXPECT_TRUE(compute->calibrated(Parameters(Values{{"grain", "0.5"}})));
}

TEST(Compute, DependsOnTheSeed) {
  const auto checksum = [](std::uint64_t seed) {
    WorkloadRunner runner("compute", {"units=5", "grain=10"}, {.seed = seed});
    return field<std::string>(runner.run().finish(), "checksum");
  };
  EXPECT_EQ(checksum(1), checksum(1));
  EXPECT_NE(checksum(1), checksum(2));
}

TEST(Compute, KeepsTheMeanWhenUnitsAreUnequal) {
  for (const char* imbalance : {"imbalance=0.5", "imbalance=1", "imbalance=10"}) {
    WorkloadRunner runner("compute", {"units=4000", "grain=10", imbalance});
    const Outcome outcome = runner.run().finish();
    EXPECT_EQ(outcome.check, Check::kOk) << outcome.detail;
    // The standard deviation of a unit is below 1.6 grains at imbalance 10: six sigma are 0.15.
    EXPECT_NEAR(static_cast<double>(field<std::uint64_t>(outcome, "operations")), 4000 * 1000.0,
                0.15 * 4000 * 1000);
  }
}

TEST(Compute, MakesUnitsAsUnequalAsItSays) {
  const std::uint64_t mean = 10000;
  std::uint64_t least = mean;
  std::uint64_t most = mean;
  WorkloadRunner runner("compute", {"units=400", "grain=100", "imbalance=3"},
                        {.units_in_piece = 1});
  runner.run();
  for (const Piece& piece : runner.pieces()) {
    least = std::min(least, piece.sums[1]);
    most = std::max(most, piece.sums[1]);
  }
  EXPECT_NEAR(static_cast<double>(least), mean / 4.0, mean / 20.0);
  EXPECT_GT(most, 3 * mean);
  EXPECT_LE(most, 4 * mean + kKernelStepOperations);
}

TEST(Compute, FailsItsCheckWhenAUnitIsMissingDoubledOrWrong) {
  WorkloadRunner missing("compute", {"units=10", "grain=1"});
  missing.run();
  missing.pieces().erase(missing.pieces().begin() + 1);
  EXPECT_EQ(missing.finish().check, Check::kFailed);
  EXPECT_EQ(missing.finish().detail, "3 of 10 units were never committed");

  WorkloadRunner doubled("compute", {"units=10", "grain=1"});
  doubled.run();
  doubled.pieces()[1] = doubled.pieces()[0];
  EXPECT_EQ(doubled.finish().check, Check::kFailed);
  EXPECT_EQ(doubled.finish().detail, "the results overlap or lie outside the 10 units at unit 0");

  WorkloadRunner wrong("compute", {"units=10", "grain=1"});
  wrong.run().pieces()[2].sums[0] ^= 1;
  EXPECT_EQ(wrong.finish().check, Check::kFailed);
  EXPECT_NE(wrong.finish().detail.find("the serial run gives"), std::string::npos);
}

}  // namespace
}  // namespace strata
