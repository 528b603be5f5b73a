// Trials in a cluster that is up: what --cluster NAME means to run and sweep.
#pragma once
#include <string>

#include "coordinator/cli/trial_source.h"

namespace strata {

TrialSource cluster_trials(std::string name);

// The name that a command was given as its only word, or "default". More words are refused.
Result<std::string> cluster_name(std::string_view command, const std::vector<std::string>& words);

}  // namespace strata
