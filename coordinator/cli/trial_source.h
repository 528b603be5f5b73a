// Where trials run: on workers that this command makes for itself, or elsewhere. Commands see
// functions, so that tests give them a source without processes.
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "coordinator/cluster/trial.h"

namespace strata {

struct TrialSource {
  // As run_local_trial, check_layout and plan_placement.
  std::function<Result<RunResult>(const TrialRequest&, const TrialObserver&,
                                  std::uint64_t launched_ns)>
      run;
  std::function<Status(const Layout&)> check;
  std::function<std::vector<WorkerPlace>(const Layout&)> place;
};

// Every trial in a cluster of its own on this machine.
TrialSource local_trials();

}  // namespace strata
