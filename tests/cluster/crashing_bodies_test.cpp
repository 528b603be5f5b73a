// A body that crashes its worker fails the run after three tries, by name; the others are done.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cluster/expectations.h"

namespace strata::testing {
namespace {

class CrashingBody
    : public ::testing::TestWithParam<std::tuple<std::string, std::string, std::string>> {};

TEST_P(CrashingBody, FailsTheRunByNameAndTheOtherUnitsAreDone) {
  const auto& [how, executor, start] = GetParam();
  constexpr unsigned kUnits = 200;
  Process process(
      {.words = strata_words({"run", "crash", "units=200", "at=37", "grain=100", "how=" + how, "-P",
                              "2", "-T", "1", "-x", executor, "--start", start, "--json"})});
  const Ending ending = process.wait();
  EXPECT_TRUE(ending.in_time);
  EXPECT_EQ(ending.status, 1) << "signal " << ending.signal << "\n" << ending.errors;
  EXPECT_NE(ending.errors.find("unit 37"), std::string::npos) << ending.errors;
  const nlohmann::json report = report_of(ending);
  ASSERT_TRUE(report.contains("units")) << report;
  EXPECT_EQ(report["units"]["expected"], kUnits);
  EXPECT_EQ(report["units"]["completed"], kUnits - 1);
  EXPECT_EQ(report["result"]["others_done"], kUnits - 1);
  expect_nothing_left(process);
}

INSTANTIATE_TEST_SUITE_P(How, CrashingBody,
                         ::testing::Combine(::testing::Values("segv", "abort", "exit", "throw",
                                                              "fpe", "kill"),
                                            ::testing::Values("serial", "pool", "threads", "gil"),
                                            ::testing::Values("spawn", "zygote")),
                         [](const auto& how) {
                           return std::get<0>(how.param) + "_" + std::get<1>(how.param) + "_" +
                                  std::get<2>(how.param);
                         });

TEST(CrashingBody, ThatCrashesTheOnlyWorkerIsNamedToo) {
  const Ending ending = run({.words = strata_words({"run", "crash", "units=8", "at=7", "grain=0",
                                                    "-P", "1", "-T", "1", "--json"})});
  EXPECT_EQ(ending.status, 1) << ending.errors;
  EXPECT_NE(ending.errors.find("unit 7"), std::string::npos) << ending.errors;
  EXPECT_EQ(report_of(ending)["units"]["completed"], 7);
}

}  // namespace
}  // namespace strata::testing
