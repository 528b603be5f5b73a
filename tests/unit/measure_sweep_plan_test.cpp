// Which rows a sweep has, and which row each is compared with.
#include <gtest/gtest.h>

#include "coordinator/measure/sweep_plan.h"

namespace strata {
namespace {

SweepPlan plan_of(const LayoutLists& lists, const std::vector<std::string>& words = {},
                  Scaling scaling = Scaling::kStrong,
                  const std::optional<BaselineChoice>& baseline = std::nullopt) {
  Result<SweepPlan> plan = plan_sweep(*find_workload("compute"), lists, words, scaling, baseline);
  EXPECT_TRUE(plan) << (plan ? "" : plan.error().message);
  return plan ? *plan : SweepPlan();
}

std::string shape(const SweepRow& row) {
  return std::to_string(row.layout.processes) + "x" + std::to_string(row.layout.threads);
}

std::vector<std::string> shapes(const SweepPlan& plan) {
  std::vector<std::string> all;
  for (const SweepRow& row : plan.rows) {
    all.push_back(shape(row));
  }
  return all;
}

TEST(SweepPlan, IsTheProductOfTheLists) {
  const SweepPlan plan = plan_of({.processes = {1, 2}, .threads = {1, 2}});
  EXPECT_EQ(shapes(plan), (std::vector<std::string>{"1x1", "1x2", "2x1", "2x2"}));
  for (const SweepRow& row : plan.rows) {
    EXPECT_TRUE(row.listed);
    EXPECT_EQ(row.baseline, 0U);
  }
}

TEST(SweepPlan, KeepsDuplicatesAsRows) {
  EXPECT_EQ(shapes(plan_of({.processes = {1, 2, 2}})),
            (std::vector<std::string>{"1x1", "2x1", "2x1"}));
}

TEST(SweepPlan, MergesRowsThatAreEqualForSerial) {
  const SweepPlan plan = plan_of(
      {.processes = {1, 2}, .threads = {1, 2, 4}, .in_flight = {0, 8}, .executors = {"serial"}});
  EXPECT_EQ(shapes(plan), (std::vector<std::string>{"1x1", "2x1"}));
}

TEST(SweepPlan, OnlyRowsOfTheGilHaveASwitchInterval) {
  const SweepPlan plan = plan_of({.executors = {"threads", "gil"}, .gil_interval_us = 7});
  ASSERT_EQ(plan.rows.size(), 2U);
  EXPECT_EQ(plan.rows[0].layout.gil_interval_us, kGilIntervalUs);
  EXPECT_EQ(plan.rows[1].layout.gil_interval_us, 7U);
  EXPECT_EQ(plan.rows[1].baseline, 1U);
}

TEST(SweepPlan, AddsABaselineThatIsNotListed) {
  const SweepPlan plan = plan_of({.processes = {2, 4}});
  EXPECT_EQ(shapes(plan), (std::vector<std::string>{"1x1", "2x1", "4x1"}));
  EXPECT_FALSE(plan.rows[0].listed);
  EXPECT_EQ(plan.rows[1].baseline, 0U);
  EXPECT_EQ(plan.rows[2].baseline, 0U);
}

TEST(SweepPlan, ABaselineKeepsTheRowsExecutorStartAndWait) {
  const SweepPlan plan = plan_of({.processes = {2},
                                  .executors = {"pool", "threads"},
                                  .starts = {Start::kSpawn, Start::kZygote}});
  ASSERT_EQ(plan.rows.size(), 8U);
  for (const SweepRow& row : plan.rows) {
    const SweepRow& baseline = plan.rows[row.baseline];
    EXPECT_EQ(baseline.layout.executor, row.layout.executor);
    EXPECT_EQ(baseline.layout.start, row.layout.start);
    EXPECT_EQ(shape(baseline), "1x1");
  }
}

TEST(SweepPlan, ABaselineHasTheRowsParameters) {
  const SweepPlan plan = plan_of({.processes = {1, 2}}, {"grain=1,10"});
  ASSERT_EQ(plan.rows.size(), 4U);
  for (const SweepRow& row : plan.rows) {
    EXPECT_EQ(plan.rows[row.baseline].parameters.text("grain"), row.parameters.text("grain"));
    EXPECT_EQ(shape(plan.rows[row.baseline]), "1x1");
  }
}

TEST(SweepPlan, AGivenBaselineIsEverybodys) {
  const SweepPlan plan = plan_of({.processes = {1, 2}, .executors = {"pool", "threads"}}, {},
                                 Scaling::kStrong, *parse_baseline("2x1 pool"));
  for (const SweepRow& row : plan.rows) {
    EXPECT_EQ(short_name(plan.rows[row.baseline].layout), "2x1 pool");
  }
}

TEST(SweepPlan, KnowsTheSerialRow) {
  const SweepPlan plan = plan_of({.threads = {1, 2}, .executors = {"pool", "serial"}});
  for (const SweepRow& row : plan.rows) {
    ASSERT_TRUE(row.serial);
    EXPECT_EQ(plan.rows[*row.serial].layout.executor, "serial");
  }
  EXPECT_FALSE(plan_of({}).rows[0].serial);
}

TEST(SweepPlan, WeakScalingMultipliesTheWorkByTheProcessors) {
  const SweepPlan plan =
      plan_of({.processes = {1, 2}, .threads = {1, 4}}, {"units=100"}, Scaling::kWeak);
  ASSERT_EQ(plan.rows.size(), 4U);
  for (const SweepRow& row : plan.rows) {
    EXPECT_EQ(row.parameters.integer("units"), 100U * row.layout.processors());
    EXPECT_EQ(row.work, row.layout.processors());
  }
}

TEST(SweepPlan, WeakScalingMultipliesDefaultsToo) {
  const std::uint64_t usual = plan_of({}).rows[0].parameters.integer("units");
  EXPECT_EQ(plan_of({.processes = {2}}, {}, Scaling::kWeak).rows[1].parameters.integer("units"),
            2 * usual);
}

TEST(SweepPlan, RefusesWeakScalingWhereNoParameterIsTheWork) {
  const auto plan = plan_sweep(*find_workload("digest"), {}, {}, Scaling::kWeak, std::nullopt);
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().exit, Exit::kUsage);
}

TEST(SweepPlan, RefusesMoreRowsThanAnybodyCanRead) {
  LayoutLists lists;
  for (std::uint32_t i = 1; i <= 40; ++i) {
    lists.processes.push_back(i);
    lists.threads.push_back(i);
  }
  const auto plan =
      plan_sweep(*find_workload("compute"), lists, {}, Scaling::kStrong, std::nullopt);
  ASSERT_FALSE(plan);
  EXPECT_NE(plan.error().message.find("more than 1000 rows"), std::string::npos);
}

TEST(ExpandWords, MakesEveryCombination) {
  const std::vector<std::string> words{"a=1,2", "b=x", "c=3,4"};
  const std::vector<std::vector<std::string>> expected{
      {"a=1", "b=x", "c=3"}, {"a=1", "b=x", "c=4"}, {"a=2", "b=x", "c=3"}, {"a=2", "b=x", "c=4"}};
  EXPECT_EQ(expand_words(words), expected);
}

TEST(ExpandWords, ABackslashKeepsACommaInTheValue) {
  const std::vector<std::string> words{"input=/a\\,b,/c"};
  const std::vector<std::vector<std::string>> expected{{"input=/a,b"}, {"input=/c"}};
  EXPECT_EQ(expand_words(words), expected);
}

TEST(ExpandWords, WithoutWordsIsOneEmptyCombination) {
  EXPECT_EQ(expand_words({}), (std::vector<std::vector<std::string>>{{}}));
}

TEST(ParseBaseline, ReadsAShapeAndAnExecutor) {
  const auto plain = parse_baseline("2x3");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->processes, 2U);
  EXPECT_EQ(plain->threads, 3U);
  EXPECT_FALSE(plain->executor);
  EXPECT_EQ(*parse_baseline("1x1 serial")->executor, "serial");
  for (const char* wrong : {"", "2", "x", "2x", "x2", "0x1", "1x0", "2x2x2", "1x1 nobody"}) {
    EXPECT_FALSE(parse_baseline(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace strata
