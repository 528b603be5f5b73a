// strata sweep, with the source of its trials given: for other sources and for tests.
#pragma once
#include "coordinator/cli/command.h"
#include "coordinator/cli/trial_source.h"

namespace strata {

extern const CliCommand sweep_command;

Exit sweep_once(const CommandLine& line, const TrialSource& source);

}  // namespace strata
