// strata run: one workload under one layout, once.
#include "coordinator/cli/run.h"

#include "coordinator/cli/command.h"
#include "coordinator/cli/layout_flags.h"
#include "coordinator/cli/progress.h"
#include "coordinator/cli/remote.h"
#include "coordinator/cli/trial_flags.h"
#include "coordinator/report/run_json.h"
#include "coordinator/report/run_text.h"
#include "shared/base/log.h"
#include "shared/os/usable_cpus.h"

namespace strata {
namespace {

// Prints what is known as soon as it is known.
TrialObserver watcher(const TrialRequest& request, unsigned usable, bool json, const Style& style,
                      ProgressLine& progress, std::string& noun) {
  TrialObserver observer;
  observer.placed = [&request, usable, json, style, &noun](
                        const std::vector<WorkerPlace>& places, std::uint64_t units,
                        std::uint64_t shards, const std::string& unit_noun) {
    noun = unit_noun;
    if (!json) {
      print(heading_text(request.workload->name, request.layout, units, shards, unit_noun, style) +
            placement_text(places, usable, style));
    }
  };
  observer.ready = [&request, json, style](double launch_s) {
    if (!json) {
      print(ready_text(std::size_t{request.layout.hosts} * request.layout.processes, launch_s,
                       style));
    }
  };
  observer.progress = [&progress, &noun](std::uint64_t done, std::uint64_t units,
                                         double elapsed_s) {
    progress.units(done, units, elapsed_s, noun);
  };
  return observer;
}

Exit run(const CommandLine& line) { return run_once(line, local_trials()); }

}  // namespace

void warn_of_too_many_processors(const Layout& layout, unsigned usable) {
  if (layout.processors() > usable) {
    log::warn("warning: " + std::to_string(layout.processors()) + " processors on " +
              std::to_string(usable) + (usable == 1 ? " usable CPU" : " usable CPUs") +
              ": they take turns, so more of them gain nothing that needs a CPU");
  }
}

Exit run_once(const CommandLine& line, const TrialSource& usual_source) {
  Arguments arguments("run", run_command.summary, "run WORKLOAD [name=value ...] [flags]");
  TrialFlags trial_flags("run");
  LayoutFlags layout_flags;
  trial_flags.declare(arguments,
                      "what is run (strata list), then its parameters as name=value\n"
                      "(strata list WORKLOAD)");
  layout_flags.declare(arguments, LayoutFlags::Values::kOne);
  arguments.example("strata run compute -P 2", "2,000 units of 100 us on two processes");
  arguments.example("strata run digest input=/usr/include -T 2",
                    "SHA-256 of every file below a folder, on two threads");
  arguments.example("strata run wait units=100 ms=10 -x threads -G 100",
                    "100 units that only block, all at the same time");
  arguments.example("strata run compute grain=50 -P 2 -T 2 --start zygote --json",
                    "the same as data");
  const Result<Arguments::Parsed> parsed = arguments.parse(line.words);
  if (!parsed) {
    return fail(parsed.error());
  }
  if (*parsed == Arguments::Parsed::kHelp) {
    return print(arguments.help());
  }
  const Result<TrialChoices> choices = trial_flags.choices();
  if (!choices) {
    return fail(choices.error());
  }
  const unsigned usable = usable_cpus().count;
  const Result<Layout> layout = layout_flags.layout(usable);
  if (!layout) {
    return fail(layout.error());
  }
  const Result<Parameters> parameters =
      parse_parameters(choices->workload->name, choices->workload->parameters, choices->words);
  if (!parameters) {
    return fail(parameters.error());
  }
  const TrialSource source =
      choices->cluster.empty() ? usual_source : cluster_trials(choices->cluster);
  if (const Status possible = source.check(*layout); !possible) {
    return fail(possible.error());
  }
  warn_of_too_many_processors(*layout, usable);

  TrialRequest request;
  request.workload = choices->workload;
  request.parameters = *parameters;
  request.layout = *layout;
  request.seed = choices->seed;
  request.timeout_s = choices->timeout_s;
  ProgressLine progress(line.err);
  std::string noun = "units";
  const bool json = trial_flags.json();
  const Result<RunResult> result = source.run(
      request, watcher(request, usable, json, line.out, progress, noun), line.launched_ns);
  progress.erase();
  if (!result) {
    return fail(result.error());
  }
  const std::string failure = failure_of(*result);
  const Exit printed =
      print(json ? to_json(*result) : "\n" + outcome_text(*result, line.out), Exit::kDone);
  return failure.empty() ? printed : fail({Exit::kFailed, failure});
}

extern const CliCommand run_command = {"run", "WORKLOAD [name=value ...] [flags]",
                                       "one workload under one layout, once", run};

}  // namespace strata
