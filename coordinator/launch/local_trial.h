// A trial in a cluster of its own: launched, used once and ended.
#pragma once
#include <cstdint>

#include "coordinator/cluster/trial.h"
#include "shared/base/result.h"

namespace strata {

// Launches a local cluster of the layout, runs the trial in it, and ends the cluster: nothing is
// left when it returns. `launched_ns`: the instant that launch_s counts from. Interruptions
// (shared/os/interruption.h) end it early with Exit::kInterrupted. A failed check or a failed run
// is a RunResult, not an Error (RunResult::failure, Outcome::check).
Result<RunResult> run_local_trial(const TrialRequest& request, const TrialObserver& observer,
                                  std::uint64_t launched_ns);

}  // namespace strata
