// strata list: what there is, each with a line of explanation.
#include <vector>

#include "coordinator/cli/arguments.h"
#include "coordinator/cli/command.h"
#include "coordinator/report/list_report.h"

namespace strata {
extern const CliCommand list_command;
namespace {

Exit list(const CommandLine& line) {
  Arguments arguments("list", list_command.summary,
                      "list [workloads|executors|transports|launchers|WORKLOAD] [--json]");
  std::vector<std::string> words;
  bool json = false;
  arguments.words("WHAT", words,
                  "workloads, executors, transports, launchers, or the name of one\n"
                  "workload; everything when left out");
  arguments.flag("--json", json, "one JSON object (strata.list/1), for scripts");
  arguments.example("strata list", "everything");
  arguments.example("strata list compute", "one workload: parameters, ranges, defaults, results");
  arguments.example("strata list workloads --json", "the same of all workloads, as data");
  const Result<Arguments::Parsed> parsed = arguments.parse(line.words);
  if (!parsed) {
    return fail(parsed.error());
  }
  if (*parsed == Arguments::Parsed::kHelp) {
    return print(arguments.help());
  }
  if (words.size() > 1) {
    return fail({Exit::kUsage, "list: shows one thing at a time; leave out '" + words[1] + "'"});
  }
  if (words.empty()) {
    return print(json ? list_json(std::nullopt, nullptr) : list_text(std::nullopt, line.out));
  }
  if (const std::optional<Section> section = parse_section(words[0])) {
    return print(json ? list_json(section, nullptr) : list_text(section, line.out));
  }
  if (const Workload* workload = find_workload(words[0])) {
    return print(json ? list_json(std::nullopt, workload) : workload_text(*workload, line.out));
  }
  std::vector<std::string_view> names{"workloads", "executors", "transports", "launchers"};
  for (const Workload* workload : workload_table()) {
    names.push_back(workload->name);
  }
  return fail({Exit::kUsage, "list: there is no section or workload '" + words[0] + "'" +
                                 did_you_mean(words[0], names) + " (strata list)"});
}

}  // namespace

extern const CliCommand list_command = {"list", "[workloads|executors|transports|launchers]",
                                        "what there is, each with a line of explanation", list};

}  // namespace strata
