#include "coordinator/cli/command.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <vector>

#include "coordinator/cli/arguments.h"

namespace strata {

#define STRATA_COMMAND(name) extern const CliCommand name##_command;
#include "coordinator/cli/commands.def"
#undef STRATA_COMMAND

namespace {

#define STRATA_COMMAND(name) &name##_command,
constexpr std::array kCommands = {
#include "coordinator/cli/commands.def"
};
#undef STRATA_COMMAND

std::string overview() {
  std::string text =
      "strata runs the same piece of work as processes, threads, green threads and coroutines on "
      "a\n"
      "cluster of workers, and shows what each layer bought.\n\n";
  std::size_t widest = 0;
  for (const CliCommand* command : kCommands) {
    widest = std::max(widest, command->name.size() + 1 + command->arguments.size());
  }
  for (const CliCommand* command : kCommands) {
    std::string left = std::string(command->name) + " " + std::string(command->arguments);
    text += "  strata " + pad_right(left, widest + 3) + std::string(command->summary) + "\n";
  }
  return text +
         "\n  strata COMMAND --help   its flags, with examples that work\n"
         "  strata --version\n\n"
         "Start with:  strata run compute -P 2\n"
         "then:        strata sweep compute -P 1,2 -T 1,2\n";
}

}  // namespace

std::span<const CliCommand* const> command_table() { return kCommands; }

Exit run_command_line(std::span<const std::string> words, std::uint64_t launched_ns) {
  if (words.empty() || words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    if (words.size() < 2 || words[0] != "help") {
      return print(overview());
    }
  }
  if (words[0] == "--version") {
    return print("strata " STRATA_VERSION "\n");
  }
  // `strata help run` is `strata run --help`.
  const bool help = words[0] == "help";
  const std::string& name = help ? words[1] : words[0];
  std::vector<std::string> rest(words.begin() + 1, words.end());
  if (help) {
    rest = {"--help"};
  }
  std::vector<std::string_view> names;
  for (const CliCommand* command : kCommands) {
    if (command->name == name) {
      return command->run(
          {rest, launched_ns, style_of(terminal_of(STDOUT_FILENO)), terminal_of(STDERR_FILENO)});
    }
    names.push_back(command->name);
  }
  if (name.starts_with("-")) {
    return fail({Exit::kUsage, "'" + name +
                                   "' stands before any command; flags follow the command, "
                                   "as in 'strata run compute -P 2' (strata --help)"});
  }
  return fail({Exit::kUsage, "there is no command '" + name + "'" + did_you_mean(name, names) +
                                 " (strata --help)"});
}

Exit print(std::string_view text, Exit then) {
  const Status written = write_whole(STDOUT_FILENO, text);
  return written ? then : fail(written.error());
}

Exit fail(const Error& error) {
  // Nothing is left to do when stderr cannot be written either.
  static_cast<void>(write_whole(STDERR_FILENO, "strata: " + error.message + "\n"));
  return error.exit;
}

}  // namespace strata
