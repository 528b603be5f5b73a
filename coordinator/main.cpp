// strata: the program that launches clusters and compares what ran in them.
#include <csignal>
#include <string>
#include <vector>

#include "coordinator/cli/command.h"
#include "shared/os/clock.h"
#include "shared/os/terminal.h"

int main(int argc, char** argv) {
  const std::uint64_t launched_ns = strata::process_start_ns();
  strata::open_missing_standard_streams();
  // A reader of our output that goes away is told by write(); it must not end a cluster's parent.
  std::signal(SIGPIPE, SIG_IGN);
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  return static_cast<int>(strata::run_command_line(words, launched_ns));
}
