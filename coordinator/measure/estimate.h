// How long a sweep will take, judged from a few units that are run here and now, in this process:
// no worker is started and nothing is written.
#pragma once
#include <cstdint>
#include <optional>

#include "coordinator/measure/sweep_plan.h"

namespace strata {

// All units of a job, one after another on one core.
struct JobCost {
  std::uint64_t units = 0;
  double wall_s = 0;
  double cpu_s = 0;
};

// Runs units spread over the whole job for about `budget_s` (at least one unit) and extends what
// they took, by weight where units are uneven. Errors are the job's own: a missing folder.
Result<JobCost> estimate_job(const Workload& workload, const Parameters& parameters,
                             std::uint64_t seed, double operations_per_us, double budget_s);

// A trial of that job: what needs CPUs shares the usable ones, what waits overlaps as far as the
// layout keeps units alive; and the launch.
double estimate_trial_s(const JobCost& job, const Layout& layout, unsigned usable_cpus);

}  // namespace strata
