// The table of a sweep.
#include <algorithm>
#include <cmath>

#include "coordinator/report/format.h"
#include "coordinator/report/run_json.h"
#include "coordinator/report/sweep_report.h"
#include "coordinator/report/sweep_rows.h"
#include "coordinator/report/table.h"

namespace strata {
namespace {

std::string makespan_cell(const RowSummary& row, const Style& style) {
  if (row.makespan.count == 0) {
    return "-";
  }
  // The figure and its spread stand under each other over all rows.
  return pad_left(seconds_text(row.makespan.median), 7) + " " + std::string(style.plus_minus()) +
         pad_left(fixed(row.makespan.relative_half_width() * 100, 1), 5) + " %";
}

std::string speedup_cell(const SweepResult& result, const RowSummary& row, std::size_t index,
                         const Style& style) {
  if (row.speedup.count == 0) {
    return "-";
  }
  const std::string figure = pad_left(fixed(row.speedup.median, 2), 6);
  if (result.plan.rows[index].baseline == index) {
    return figure + "  " + style.paint(Ink::kQuiet, "baseline");
  }
  return figure + "  [" + fixed(row.speedup.lower_quartile, 2) + ", " +
         fixed(row.speedup.upper_quartile, 2) + "]";
}

std::string count_cell(double value) {
  return std::isfinite(value) ? count_text(static_cast<std::uint64_t>(std::llround(value))) : "-";
}

// Processes and threads in the colours of the report, where a row is of one kind only.
std::string painted(const SweepRow& row, const std::string& title, const std::string& cell,
                    const Style& style) {
  if (title == "P" && row.layout.processes > 1) {
    return style.paint(Ink::kProcesses, cell);
  }
  if (title == "T" && row.layout.threads > 1) {
    return style.paint(Ink::kThreads, cell);
  }
  return cell;
}

std::string labelled(std::string_view label, const std::string& text, const Style& style) {
  return pad_right(style.paint(Ink::kStrong, label), 10) + text + "\n";
}

std::string fastest_text(const SweepResult& result, const std::vector<RowSummary>& rows) {
  const std::optional<std::size_t> best = fastest_row(result, rows);
  const bool same_words = std::all_of(result.plan.rows.begin(), result.plan.rows.end(),
                                      [](const SweepRow& row) { return row.words == 0; });
  if (!best || !same_words || rows[*best].speedup.count == 0) {
    return {};
  }
  const SweepRow& row = result.plan.rows[*best];
  std::string text = short_name(row.layout) + ", " + seconds_text(rows[*best].makespan.median);
  if (row.baseline != *best) {
    text += ", " + fixed(rows[*best].speedup.median, 2) + " times as fast as " +
            short_name(result.plan.rows[row.baseline].layout);
  }
  return text + " (by the median; rows closer than their spread are not told apart)";
}

}  // namespace

std::string sweep_heading(const SweepPlan& plan, const SweepSettings& settings) {
  const std::string common = common_text(plan);
  return count_of(plan.rows.size(), "layouts") + " x " + count_of(settings.rounds, "rounds") +
         " in random order, seed " + std::to_string(settings.seed) +
         (plan.scaling == Scaling::kWeak
              ? ", weak scaling: " + std::string(plan.workload->weak_parameter) +
                    " grows with the processors"
              : "") +
         (common.empty() ? "" : "; " + common);
}

std::string spread_explained(const SweepResult& result, const Style& style) {
  return "makespan: median of " +
         (result.stopped ? "the rounds that were run"
                         : count_of(result.settings.rounds, "rounds")) +
         ", " + std::string(style.plus_minus()) +
         " half of the middle 50 %; speed-up: median of the ratios within each round, [middle 50 "
         "%]; memory: PSS; switches: of a trial";
}

std::string sweep_text(const SweepResult& result, const std::vector<RowSummary>& rows,
                       const SweepStory& story, const Style& style) {
  const SweepPlan& plan = result.plan;
  std::string text =
      labelled(plan.workload->name,
               sweep_heading(plan, result.settings) + "; " + duration_text(result.took_s), style) +
      labelled("machine", story.machine, style);
  if (result.stopped) {
    text += labelled("partial",
                     count_text(result.samples.size()) + " of " +
                         count_text(plan.rows.size() * result.settings.rounds) +
                         " trials were run before it ended",
                     style);
  }
  std::vector<Column> columns;
  const std::vector<RowLabel> labels = row_labels(plan);
  columns.reserve(labels.size() + 6);
  for (const RowLabel& label : labels) {
    columns.push_back({label.title, label.number ? Align::kRight : Align::kLeft});
  }
  for (const std::string_view title : {"makespan", "speed-up"}) {
    columns.push_back({std::string(title), Align::kLeft});
  }
  columns.push_back({"efficiency", Align::kRight});
  columns.push_back({"verdict", Align::kLeft});
  columns.push_back({"memory", Align::kRight});
  columns.push_back({"switches", Align::kRight});
  std::vector<std::vector<std::string>> cells;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::vector<std::string> line;
    line.reserve(columns.size());
    for (const RowLabel& label : labels) {
      line.push_back(painted(plan.rows[i], label.title, label.cells[i], style));
    }
    const RowSummary& row = rows[i];
    line.push_back(makespan_cell(row, style));
    line.push_back(speedup_cell(result, row, i, style));
    line.push_back(row.speedup.count == 0 ? "-" : fixed(row.efficiency, 2));
    line.emplace_back(row.makespan.count == 0 ? "-" : "inconclusive");
    line.push_back(row.makespan.count == 0 ? "-" : bytes_text(row.pss_bytes));
    line.push_back(count_cell(row.voluntary_switches + row.involuntary_switches));
    cells.push_back(std::move(line));
  }
  text += "\n" + table_text(columns, cells) + "\n" +
          style.paint(Ink::kQuiet, spread_explained(result, style)) + "\n" +
          style.paint(Ink::kQuiet, "verdict: inconclusive, for " + std::string(kNoVerdictReason)) +
          "\n\n";
  if (const std::string fastest = fastest_text(result, rows); !fastest.empty()) {
    text += labelled("fastest", fastest, style);
  }
  const auto widest = std::max_element(plan.rows.begin(), plan.rows.end(),
                                       [](const SweepRow& a, const SweepRow& b) {
                                         return a.layout.processors() < b.layout.processors();
                                       });
  if (widest->layout.processors() > story.usable_cpus) {
    text += labelled("note",
                     "rows with more than " + count_of(story.usable_cpus, "processors") +
                         " take turns on " + count_of(story.usable_cpus, "usable CPUs"),
                     style);
  }
  if (!story.csv_file.empty()) {
    text += labelled("csv", story.csv_file, style);
  }
  if (!story.report_file.empty()) {
    text += labelled("report", story.report_file, style);
  }
  return text + labelled("repeat", "with: " + story.command, style);
}

}  // namespace strata
