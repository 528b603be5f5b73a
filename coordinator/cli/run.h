// strata run, with the source of its trials given: for other sources and for tests.
#pragma once
#include "coordinator/cli/command.h"
#include "coordinator/cli/trial_source.h"

namespace strata {

extern const CliCommand run_command;

Exit run_once(const CommandLine& line, const TrialSource& source);

// On stderr, when a layout asks for more processors than there are CPUs.
void warn_of_too_many_processors(const Layout& layout, unsigned usable_cpus);

}  // namespace strata
