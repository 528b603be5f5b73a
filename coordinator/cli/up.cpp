// strata up: a cluster that stays.
#include <optional>

#include "coordinator/cli/arguments.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/layout_flags.h"
#include "coordinator/cli/remote.h"
#include "coordinator/cli/run.h"
#include "coordinator/cli/status_report.h"
#include "coordinator/cluster/server_process.h"
#include "coordinator/launch/launchers.h"
#include "shared/os/interruption.h"
#include "shared/os/usable_cpus.h"

namespace strata {
extern const CliCommand up_command;
namespace {

Exit up(const CommandLine& line) {
  Arguments arguments("up", up_command.summary, "up [NAME] [flags]");
  LayoutFlags layout_flags;
  std::vector<std::string> words;
  bool foreground = false;
  bool json = false;
  arguments.words("NAME", words, "what the cluster is called; 'default' when left out");
  arguments.flag("--foreground", foreground,
                 "stay here until Ctrl-C or 'strata down' instead of going to the background");
  arguments.flag("--json", json, "one JSON object (strata.up/1), for scripts");
  layout_flags.declare(arguments, LayoutFlags::Values::kOne);
  arguments.example("strata up -P 2", "two workers, ready for 'strata run --cluster default'");
  arguments.example("strata up lab -P 4 --start zygote", "another one beside it, called lab");
  const Result<Arguments::Parsed> parsed = arguments.parse(line.words);
  if (!parsed) {
    return fail(parsed.error());
  }
  if (*parsed == Arguments::Parsed::kHelp) {
    return print(arguments.help());
  }
  const Result<std::string> name = cluster_name("up", words);
  if (!name) {
    return fail(name.error());
  }
  const unsigned usable = usable_cpus().count;
  const Result<Layout> layout = layout_flags.layout(usable);
  if (!layout) {
    return fail(layout.error());
  }
  if (const Status possible = check_layout(*layout); !possible) {
    return fail(possible.error());
  }
  warn_of_too_many_processors(*layout, usable);

  // Who dies between the claim of the folder and its watcher leaves it behind.
  hold_interruptions();
  Result<ClusterFolder> folder = ClusterFolder::claim(*name);
  if (!folder) {
    return fail(folder.error());
  }
  if (const Status watched = folder->start_watcher(); !watched) {
    folder->remove();
    return fail(watched.error());
  }
  const UpRequest request{*name, *layout, line.launched_ns};
  const auto launcher = make_local_launcher();
  const auto tell = [&](const UpReport& report) {
    return print(json ? up_json(request, report, *folder)
                      : up_text(request, report, *folder, foreground, line.out));
  };
  if (!foreground) {
    const Result<UpReport> report = start_daemon(request, *folder, *launcher);
    return report ? tell(*report) : fail(report.error());
  }
  Exit told = Exit::kDone;
  Serving serving;
  serving.ready = [&](const UpReport& report) { told = tell(report); };
  const Status served = serve_cluster(request, *folder, *launcher, serving);
  folder->remove();
  return served ? told : fail(served.error());
}

}  // namespace

extern const CliCommand up_command = {"up", "[NAME] [layout flags]",
                                      "a cluster that stays, for run and sweep --cluster NAME", up};

}  // namespace strata
