#include "coordinator/cli/sweep.h"

#include <map>

#include "coordinator/cli/layout_flags.h"
#include "coordinator/cli/progress.h"
#include "coordinator/cli/remote.h"
#include "coordinator/cli/sweep_flags.h"
#include "coordinator/cli/trial_flags.h"
#include "coordinator/measure/estimate.h"
#include "coordinator/measure/sweep.h"
#include "coordinator/measure/sweep_summary.h"
#include "coordinator/report/doctor_report.h"
#include "coordinator/report/format.h"
#include "coordinator/report/html_report.h"
#include "coordinator/report/run_text.h"
#include "coordinator/report/sweep_report.h"
#include "coordinator/report/sweep_rows.h"
#include "coordinator/report/table.h"
#include "shared/os/machine_facts.h"
#include "shared/os/whole_file.h"
#include "shared/unit/kernel.h"

namespace strata {
namespace {

constexpr double kProbeSeconds = 0.2;

// Everything that the words say, checked.
struct Request {
  SweepPlan plan;
  SweepSettings settings;
  SweepChoices choices;
  SweepStory story;
  std::string cluster;  // Empty: one of each trial's own
  bool json = false;
};

std::string sentence_of(const SweepProgress& progress) {
  std::string text = "round " + std::to_string(progress.round + 1) + " of " +
                     std::to_string(progress.rounds) + "   trial " +
                     std::to_string(progress.done + 1) + " of " + std::to_string(progress.trials) +
                     "   " + short_name(progress.row->layout);
  if (progress.left_s >= 0) {
    text += "   " + duration_text(progress.left_s) + " left";
  }
  return text;
}

// Rows, where each would run, and how long; no process is started.
Exit dry_run(const Request& request, const TrialSource& source, const Style& style) {
  const SweepPlan& plan = request.plan;
  std::map<std::map<std::string, std::string, std::less<>>, JobCost> costs;
  double operations_per_us = 0;
  std::vector<Column> columns;
  const std::vector<RowLabel> labels = row_labels(plan);
  columns.reserve(labels.size() + 2);
  for (const RowLabel& label : labels) {
    columns.push_back({label.title, label.number ? Align::kRight : Align::kLeft});
  }
  columns.push_back({"placement", Align::kLeft});
  columns.push_back({"a trial, about", Align::kRight});
  std::vector<std::vector<std::string>> cells;
  double total_s = 0;
  for (std::size_t i = 0; i < plan.rows.size(); ++i) {
    const SweepRow& row = plan.rows[i];
    if (operations_per_us == 0 && plan.workload->calibrated(row.parameters)) {
      operations_per_us = calibrate_operations_per_us();
    }
    auto cost = costs.find(row.parameters.all());
    if (cost == costs.end()) {
      const Result<JobCost> job = estimate_job(
          *plan.workload, row.parameters, request.settings.seed, operations_per_us, kProbeSeconds);
      if (!job) {
        return fail(job.error());
      }
      cost = costs.emplace(row.parameters.all(), *job).first;
    }
    const double trial_s = estimate_trial_s(cost->second, row.layout, request.story.usable_cpus);
    total_s += trial_s * static_cast<double>(request.settings.rounds);
    std::vector<std::string> line;
    line.reserve(columns.size());
    for (const RowLabel& label : labels) {
      line.push_back(label.cells[i]);
    }
    line.push_back(places_text(source.place(row.layout), style) +
                   (row.listed ? "" : "  (baseline)"));
    line.push_back(seconds_text(trial_s));
    cells.push_back(std::move(line));
  }
  return print(std::string(plan.workload->name) + "   " + sweep_heading(plan, request.settings) +
               "\n\n" + table_text(columns, cells) + "\nwould take about " +
               duration_text(total_s) +
               ", judged from a few units run here now; nothing was started\n");
}

Exit show(const Request& request, const SweepResult& result, const Style& style) {
  const std::vector<RowSummary> rows = summarise(result);
  if (!request.choices.csv_file.empty()) {
    const Status written = write_file_whole(request.choices.csv_file, sweep_csv(result));
    if (!written) {
      return fail(written.error());
    }
  }
  if (!request.choices.report_file.empty()) {
    const Status written =
        write_file_whole(request.choices.report_file, html_report(result, rows, request.story));
    if (!written) {
      return fail(written.error());
    }
  }
  return print(request.json ? sweep_json(result, rows, request.story)
                            : sweep_text(result, rows, request.story, style));
}

Result<Request> understand(const TrialFlags& trial_flags, const LayoutFlags& layout_flags,
                           const SweepFlags& sweep_flags) {
  Request request;
  request.json = trial_flags.json();
  const Result<TrialChoices> trial = trial_flags.choices();
  if (!trial) {
    return trial.error();
  }
  const MachineFacts machine = read_machine_facts();
  const Result<LayoutLists> lists = layout_flags.lists(machine.usable.count);
  if (!lists) {
    return lists.error();
  }
  const Result<SweepChoices> choices = sweep_flags.choices();
  if (!choices) {
    return choices.error();
  }
  request.choices = *choices;
  Result<SweepPlan> plan =
      plan_sweep(*trial->workload, *lists, trial->words, choices->scaling, choices->baseline);
  if (!plan) {
    return plan.error();
  }
  request.plan = std::move(*plan);
  request.settings = {choices->rounds, trial->seed, trial->timeout_s};
  request.story.machine = machine_line(machine);
  request.story.usable_cpus = machine.usable.count;
  request.story.csv_file = choices->csv_file;
  request.story.report_file = choices->report_file;
  request.story.command = "strata sweep " + std::string(trial->workload->name);
  for (const std::string& word : trial->words) {
    request.story.command += " " + shell_word(word);
  }
  request.cluster = trial->cluster;
  if (!trial->cluster.empty()) {
    request.story.command += " --cluster " + trial->cluster;
  }
  request.story.command +=
      layout_flags.spoken() + sweep_flags.spoken() + " --seed " + std::to_string(trial->seed);
  return request;
}

Exit sweep(const CommandLine& line) { return sweep_once(line, local_trials()); }

}  // namespace

Exit sweep_once(const CommandLine& line, const TrialSource& usual_source) {
  Arguments arguments("sweep", sweep_command.summary,
                      "sweep WORKLOAD [name=value,... ...] [flags with comma lists]");
  TrialFlags trial_flags("sweep");
  LayoutFlags layout_flags;
  SweepFlags sweep_flags;
  trial_flags.declare(arguments,
                      "what is run (strata list), then its parameters as name=value;\n"
                      "name=a,b makes rows for both (a comma inside a value is \\,)");
  layout_flags.declare(arguments, LayoutFlags::Values::kLists);
  sweep_flags.declare(arguments);
  arguments.example("strata sweep compute -P 1,2 -T 1,2", "processes against threads");
  arguments.example("strata sweep compute grain=1,100 units=1000 -x serial,pool -T 1,2",
                    "how small a unit may be before the executor's price shows");
  arguments.example("strata sweep compute units=500 -P 1,2 --scaling weak --rounds 5",
                    "twice the work on twice the processors");
  arguments.example("strata sweep digest input=/usr/include -P 1,2 --rounds 5 --json",
                    "real files, as data");
  const Result<Arguments::Parsed> parsed = arguments.parse(line.words);
  if (!parsed) {
    return fail(parsed.error());
  }
  if (*parsed == Arguments::Parsed::kHelp) {
    return print(arguments.help());
  }
  Result<Request> request = understand(trial_flags, layout_flags, sweep_flags);
  if (!request) {
    return fail(request.error());
  }
  const TrialSource source =
      request->cluster.empty() ? usual_source : cluster_trials(request->cluster);
  for (const SweepRow& row : request->plan.rows) {
    if (const Status possible = source.check(row.layout); !possible) {
      return fail(possible.error());
    }
  }
  if (request->choices.dry_run) {
    return dry_run(*request, source, line.out);
  }
  ProgressLine progress(line.err);
  const SweepResult result =
      run_sweep(request->plan, request->settings, source.run,
                [&progress](const SweepProgress& now) { progress.show(sentence_of(now)); });
  progress.erase();
  if (result.stopped && result.samples.empty()) {
    return fail(*result.stopped);
  }
  const Exit shown = show(*request, result, line.out);
  return result.stopped ? fail(*result.stopped) : shown;
}

extern const CliCommand sweep_command = {"sweep", "WORKLOAD [name=a,b ...] -P 1,2 -T 1,2 ...",
                                         "every combination of the lists, in interleaved rounds",
                                         sweep};

}  // namespace strata
