// Sweeps over trials that are made up: order, failures, figures.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "coordinator/measure/sweep.h"
#include "coordinator/measure/sweep_summary.h"
#include "tests/unit/fake_trials.h"

namespace strata {
namespace {

SweepPlan plan_of(const LayoutLists& lists, Scaling scaling = Scaling::kStrong) {
  // grain=0: no calibration, so that the test takes no time.
  const std::vector<std::string> words{"units=10", "grain=0"};
  return *plan_sweep(*find_workload("compute"), lists, words, scaling, std::nullopt);
}

const auto kSilent = [](const SweepProgress&) {};

TEST(Sweep, RunsEveryRowOnceARound) {
  FakeTrials trials;
  const SweepResult result = run_sweep(plan_of({.processes = {1, 2, 4}}), {.rounds = 5, .seed = 3},
                                       trials.source().run, kSilent);
  ASSERT_EQ(result.samples.size(), 15U);
  std::set<std::pair<std::size_t, std::size_t>> seen;
  for (std::size_t i = 0; i < result.samples.size(); ++i) {
    const TrialSample& sample = result.samples[i];
    EXPECT_EQ(sample.round, i / 3);
    EXPECT_EQ(sample.order, i % 3);
    seen.emplace(sample.round, sample.row);
  }
  EXPECT_EQ(seen.size(), 15U);
}

TEST(Sweep, RepeatsItsOrderForTheSameSeed) {
  const auto rows_of = [](std::uint64_t seed) {
    FakeTrials trials;
    std::vector<std::size_t> rows;
    for (const TrialSample& sample :
         run_sweep(plan_of({.processes = {1, 2, 4, 8}}), {.rounds = 6, .seed = seed},
                   trials.source().run, kSilent)
             .samples) {
      rows.push_back(sample.row);
    }
    return rows;
  };
  EXPECT_EQ(rows_of(41), rows_of(41));
  EXPECT_NE(rows_of(41), rows_of(42));
}

TEST(Sweep, GivesEveryTrialTheSameSeedAndNoSpeculation) {
  FakeTrials trials;
  run_sweep(plan_of({.processes = {1, 2}}), {.rounds = 2, .seed = 9, .timeout_s = 7},
            trials.source().run, kSilent);
  ASSERT_EQ(trials.seen.size(), 4U);
  for (const TrialRequest& request : trials.seen) {
    EXPECT_EQ(request.seed, 9U);
    EXPECT_FALSE(request.speculate);
    EXPECT_EQ(request.timeout_s, 7);
  }
}

// A job that counts how often it is asked.
class CountingJob final : public Job {
 public:
  explicit CountingJob(int& asked) : asked_(&asked) {}
  Result<Plan> plan(const PlanContext&) override { return Plan{}; }
  std::string reference() override { return "answer " + std::to_string(++*asked_); }
  Outcome finish(const Results&, const std::string&) override { return {}; }
  Co<void> body(Unit&) const override { co_return; }

 private:
  int* asked_;
};

TEST(Sweep, ComputesEachSerialReferenceOnce) {
  int asked = 0;
  std::set<std::string> answers;
  FakeTrials trials;
  const RunTrial inner = trials.source().run;
  const RunTrial asking = [&](const TrialRequest& request, const TrialObserver& observer,
                              std::uint64_t launched_ns) {
    CountingJob job(asked);
    answers.insert(request.reference(job));
    return inner(request, observer, launched_ns);
  };
  const std::vector<std::string> words{"units=10,20", "grain=0"};
  const LayoutLists lists{.processes = {1, 2}};
  run_sweep(*plan_sweep(*find_workload("compute"), lists, words, Scaling::kStrong, std::nullopt),
            {.rounds = 3, .seed = 1}, asking, kSilent);
  EXPECT_EQ(asked, 2);  // One for units=10, one for units=20, whatever the layout.
  EXPECT_EQ(answers.size(), 2U);
}

TEST(Sweep, StopsAtATrialThatFailsAndSaysWhich) {
  FakeTrials trials;
  trials.change = [&trials](RunResult& run) {
    if (trials.seen.size() == 4) {
      run.failure = "unit 7 crashed its worker three times";
    }
  };
  const SweepResult result = run_sweep(plan_of({.processes = {1, 2}}), {.rounds = 5, .seed = 1},
                                       trials.source().run, kSilent);
  ASSERT_TRUE(result.stopped);
  EXPECT_EQ(result.stopped->exit, Exit::kFailed);
  EXPECT_NE(result.stopped->message.find("unit 7 crashed"), std::string::npos);
  EXPECT_EQ(result.samples.size(), 3U);
  EXPECT_EQ(trials.seen.size(), 4U);
}

TEST(Sweep, StopsWhenACheckFails) {
  FakeTrials trials;
  trials.change = [](RunResult& run) {
    run.outcome.check = Check::kFailed;
    run.outcome.detail = "the checksum differs";
  };
  const SweepResult result =
      run_sweep(plan_of({}), {.rounds = 5, .seed = 1}, trials.source().run, kSilent);
  ASSERT_TRUE(result.stopped);
  EXPECT_NE(result.stopped->message.find("the checksum differs"), std::string::npos);
  EXPECT_TRUE(result.samples.empty());
}

TEST(Sweep, KeepsWhatWasMeasuredWhenInterrupted) {
  FakeTrials trials;
  trials.refusal = [&trials](const TrialRequest&) {
    return trials.seen.size() > 5 ? std::optional(Error{Exit::kInterrupted, "interrupted"})
                                  : std::nullopt;
  };
  const SweepResult result = run_sweep(plan_of({.processes = {1, 2}}), {.rounds = 5, .seed = 1},
                                       trials.source().run, kSilent);
  ASSERT_TRUE(result.stopped);
  EXPECT_EQ(result.stopped->exit, Exit::kInterrupted);
  EXPECT_EQ(result.samples.size(), 5U);
}

TEST(Sweep, TellsHowFarItIs) {
  FakeTrials trials;
  std::vector<std::size_t> done;
  run_sweep(plan_of({.processes = {1, 2}}), {.rounds = 2, .seed = 1}, trials.source().run,
            [&done](const SweepProgress& progress) {
              done.push_back(progress.done);
              EXPECT_EQ(progress.trials, 4U);
              EXPECT_EQ(progress.left_s < 0, progress.done == 0);
            });
  EXPECT_EQ(done, (std::vector<std::size_t>{0, 1, 2, 3}));
}

TrialSample sample(std::size_t round, std::size_t row, double makespan_s) {
  TrialSample made;
  made.round = round;
  made.row = row;
  made.makespan_s = makespan_s;
  return made;
}

TEST(Summary, SpeedupIsTheMedianOfRatiosWithinRounds) {
  SweepResult result;
  result.plan = plan_of({.processes = {1, 2}});
  result.settings.rounds = 3;
  // The machine is twice as slow in the second round: both rows suffer, the ratio does not.
  const double baseline[] = {1.0, 2.0, 1.2};
  const double two[] = {0.5, 1.0, 0.4};  // Ratios 2, 2, 3
  for (std::size_t round = 0; round < 3; ++round) {
    result.samples.push_back(sample(round, 0, baseline[round]));
    result.samples.push_back(sample(round, 1, two[round]));
  }
  const std::vector<RowSummary> rows = summarise(result);
  EXPECT_DOUBLE_EQ(rows[0].speedup.median, 1);
  EXPECT_DOUBLE_EQ(rows[1].speedup.median, 2);
  EXPECT_DOUBLE_EQ(rows[1].efficiency, 1);
  EXPECT_DOUBLE_EQ(rows[1].makespan.median, 0.5);
  EXPECT_EQ(rows[1].speedup_vs_serial.count, 0U);
  EXPECT_EQ(fastest_row(result, rows), 1U);
}

TEST(Summary, CountsOnlyRoundsInWhichBothWereRun) {
  SweepResult result;
  result.plan = plan_of({.processes = {1, 2}});
  result.settings.rounds = 2;
  result.samples.push_back(sample(0, 0, 1));
  result.samples.push_back(sample(0, 1, 0.5));
  result.samples.push_back(sample(1, 1, 0.1));
  const std::vector<RowSummary> rows = summarise(result);
  EXPECT_EQ(rows[1].speedup.count, 1U);
  EXPECT_DOUBLE_EQ(rows[1].speedup.median, 2);
  EXPECT_EQ(rows[1].makespan.count, 2U);
}

TEST(Summary, WeakScalingCountsTheWorkThatWasDone) {
  FakeTrials trials;
  trials.makespan_s = [](const TrialRequest&) { return 1.0; };  // Perfect weak scaling
  const SweepResult result = run_sweep(plan_of({.processes = {1, 4}}, Scaling::kWeak),
                                       {.rounds = 3, .seed = 1}, trials.source().run, kSilent);
  const std::vector<RowSummary> rows = summarise(result);
  EXPECT_DOUBLE_EQ(rows[1].speedup.median, 4);
  EXPECT_DOUBLE_EQ(rows[1].efficiency, 1);
}

TEST(Summary, WithoutSamplesHasNoFigures) {
  SweepResult result;
  result.plan = plan_of({});
  result.settings.rounds = 1;
  const std::vector<RowSummary> rows = summarise(result);
  EXPECT_EQ(rows[0].makespan.count, 0U);
  EXPECT_TRUE(std::isnan(rows[0].efficiency));
  EXPECT_FALSE(fastest_row(result, rows));
}

}  // namespace
}  // namespace strata
