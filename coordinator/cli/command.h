// A command of strata: its name, a line about it, and what it does.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "coordinator/report/style.h"
#include "shared/base/result.h"

namespace strata {

// What a command starts from.
struct CommandLine {
  std::span<const std::string> words;  // After the command's name.
  std::uint64_t launched_ns = 0;       // When this process began: what launch_s counts from.
  Style out;                           // How stdout is drawn.
  Terminal err;                        // What stands behind stderr.
};

struct CliCommand {
  std::string_view name;
  std::string_view arguments;  // "WORKLOAD [name=value ...] [flags]"
  std::string_view summary;
  Exit (*run)(const CommandLine& line);
};

// All of them, in the order of the overview.
std::span<const CliCommand* const> command_table();

// The whole program: `words` are argv[1]...
Exit run_command_line(std::span<const std::string> words, std::uint64_t launched_ns);

// Results, to stdout. Gives `then`, or Exit::kMachine with a sentence when they could not be
// written.
Exit print(std::string_view text, Exit then = Exit::kDone);
// "strata: <sentence>" to stderr; gives the error's exit.
Exit fail(const Error& error);

}  // namespace strata
