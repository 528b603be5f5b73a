#include "coordinator/cli/trial_source.h"

#include "coordinator/launch/local_trial.h"

namespace strata {

TrialSource local_trials() { return {run_local_trial, check_layout, plan_placement}; }

}  // namespace strata
