// The cluster core under seeded schedules of faults in virtual time.
//
// A failing seed is printed. To replay it alone, with a trace of every event and action on stderr:
//
//     STRATA_SIM_SEED=1234 <build>/tests/simulation_tests --gtest_filter='Schedules.*'
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "coordinator/simulate/simulation.h"

namespace strata {
namespace {

constexpr std::uint64_t kSchedules = 1600;
constexpr std::uint64_t kBlocks = 8;  // Each a test, so that ctest runs them side by side.

std::optional<std::uint64_t> seed_to_replay() {
  const char* text = std::getenv("STRATA_SIM_SEED");  // NOLINT(concurrency-mt-unsafe)
  return text == nullptr ? std::nullopt
                         : std::optional<std::uint64_t>(std::strtoull(text, nullptr, 10));
}

std::string told(const FaultPlan& plan, const SimulationReport& report) {
  std::string text = "seed " + std::to_string(plan.seed) + " (" + plan.weather + "):";
  for (const std::string& violation : report.violations) {
    text += "\n  " + violation;
  }
  return text + "\n  replay it with STRATA_SIM_SEED=" + std::to_string(plan.seed);
}

class Schedules : public testing::TestWithParam<std::uint64_t> {};

TEST_P(Schedules, CommitEveryShardOnceOrFailByName) {
  if (seed_to_replay()) {
    GTEST_SKIP() << "replaying one seed";
  }
  constexpr std::uint64_t kEach = kSchedules / kBlocks;
  for (std::uint64_t seed = GetParam() * kEach; seed < (GetParam() + 1) * kEach; ++seed) {
    const FaultPlan plan = plan_from(seed);
    const SimulationReport report = simulate(plan, false);
    EXPECT_TRUE(report.violations.empty()) << told(plan, report);
  }
}

INSTANTIATE_TEST_SUITE_P(Blocks, Schedules, testing::Range(std::uint64_t{0}, kBlocks));

TEST(Replay, RunsTheSeedOfTheEnvironmentWithATrace) {
  const auto seed = seed_to_replay();
  if (!seed) {
    GTEST_SKIP() << "STRATA_SIM_SEED is not set";
  }
  const FaultPlan plan = plan_from(*seed);
  const SimulationReport report = simulate(plan, true);
  EXPECT_TRUE(report.violations.empty()) << told(plan, report);
}

TEST(Schedule, IsTheSameForTheSameSeed) {
  for (std::uint64_t seed = 0; seed < 5 * kWeathers; ++seed) {
    const SimulationReport once = simulate(plan_from(seed), false);
    const SimulationReport again = simulate(plan_from(seed), false);
    EXPECT_EQ(once.digest, again.digest) << seed;
    EXPECT_EQ(once.events, again.events) << seed;
    EXPECT_NE(once.digest, simulate(plan_from(seed + 1000), false).digest);
  }
}

// A plan is not yet weather: what is survived must have come about.
TEST(Schedule, BringsAboutEveryFaultThatIsSaidToBeSurvived) {
  Happened happened;
  CoreCounts counts;
  std::uint64_t named = 0;
  for (std::uint64_t seed = 5000; seed < 5200; ++seed) {
    const SimulationReport report = simulate(plan_from(seed), false);
    happened.add(report.happened);
    counts.units_retried += report.counts.units_retried;
    counts.duplicates_discarded += report.counts.duplicates_discarded;
    named += report.failure.starts_with("unit ") ? 1U : 0U;
  }
  EXPECT_GT(happened.messages_lost, 100U);
  EXPECT_GT(happened.messages_repeated, 100U);
  EXPECT_GT(happened.killed_before_owning, 3U);
  EXPECT_GT(happened.killed_before_finishing, 3U);
  EXPECT_GT(happened.finishes_refused, 3U);
  EXPECT_GT(happened.discards, 3U);
  EXPECT_GT(happened.fences, 3U);
  EXPECT_GT(happened.restarts, 100U);
  EXPECT_GT(happened.leases_alone, 100U);
  EXPECT_GT(happened.copies, 100U);
  EXPECT_GT(happened.refused_full, 3U);
  EXPECT_GT(happened.throws, 3U);
  EXPECT_GT(happened.ends_before_ready, 3U);
  EXPECT_GT(counts.units_retried, 100U);
  EXPECT_GT(counts.duplicates_discarded, 3U);
  EXPECT_GT(named, 10U);
}

}  // namespace
}  // namespace strata
