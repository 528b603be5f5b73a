// A sweep: every row once a round, the rounds in random order, each trial in fresh processes.
//
// Why interleaved: on a machine whose speed drifts, blocks of equal trials differ although nothing
// differs; rows that take turns at random suffer alike, and within a round they can be compared.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/cluster/trial.h"
#include "coordinator/measure/sweep_plan.h"

namespace strata {

struct SweepSettings {
  std::size_t rounds = 12;
  std::uint64_t seed = 1;  // Of the trials, and of their order (std::mt19937_64).
  double timeout_s = 0;    // Of each trial; 0: none
};

// What is kept of one trial.
struct TrialSample {
  std::size_t round = 0;  // All three from 0
  std::size_t order = 0;  // Place within the round
  std::size_t row = 0;
  std::string run;
  double makespan_s = 0;
  double launch_s = 0;
  double cpu_s = 0;
  std::uint64_t voluntary_switches = 0;
  std::uint64_t involuntary_switches = 0;
  std::uint64_t pss_bytes = 0;
  std::uint64_t units = 0;
  std::uint64_t retried = 0;
};

struct SweepResult {
  std::string run;  // Id: that of its first trial.
  SweepPlan plan;
  SweepSettings settings;
  std::vector<TrialSample> samples;  // As they were run.
  double took_s = 0;
  // Why it ended before its last trial: the failed one's sentence, or an interruption.
  std::optional<Error> stopped;
};

// Same as run_local_trial.
using RunTrial = std::function<Result<RunResult>(const TrialRequest&, const TrialObserver&,
                                                 std::uint64_t launched_ns)>;

struct SweepProgress {
  std::size_t round = 0;  // From 0
  std::size_t rounds = 0;
  std::size_t done = 0;  // Trials
  std::size_t trials = 0;
  const SweepRow* row = nullptr;  // About to run.
  double left_s = -1;             // Below 0: not known yet.
};

// Calibrates once where a row needs it, computes each serial reference once, and runs the trials
// with speculation off. A trial that fails stops it. Interruptions (shared/os/interruption.h) stay
// held from here on, so that one that comes between two trials is seen by the next one.
SweepResult run_sweep(SweepPlan plan, const SweepSettings& settings, const RunTrial& run_trial,
                      const std::function<void(const SweepProgress&)>& progress);

}  // namespace strata
