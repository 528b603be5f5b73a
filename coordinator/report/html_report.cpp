#include "coordinator/report/html_report.h"

#include <algorithm>
#include <cmath>

#include "coordinator/report/format.h"
#include "coordinator/report/markup.h"
#include "coordinator/report/run_json.h"
#include "coordinator/report/speedup_plot.h"
#include "coordinator/report/sweep_rows.h"
#include "coordinator/report/trial_strips.h"

namespace strata {
namespace {

// Okabe and Ito's palette: processes blue, threads orange, as everywhere in strata.
constexpr std::string_view kCss = R"css(
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1c1c1c; --quiet: #666666;
  --hair: #dddddd; --processes: #0072B2; --threads: #E69F00; --both: #777777; }
@media (prefers-color-scheme: dark) { :root { --paper: #16181c; --ink: #e8e8e8; --quiet: #a0a0a0;
  --hair: #33363c; --processes: #56B4E9; --threads: #E69F00; --both: #9a9a9a; } }
body { background: var(--paper); color: var(--ink); max-width: 960px; margin: 2rem auto;
  padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.1rem; margin: 2.2rem 0 .5rem; }
.answer { font-size: 1.1rem; }
.partial { border-left: 4px solid #D55E00; padding-left: .8rem; }
figure { margin: 1rem 0; } figcaption, .quiet { color: var(--quiet); font-size: .9rem; }
svg { width: 100%; height: auto; display: block; }
abbr { text-decoration: underline dotted; text-underline-offset: 3px; cursor: help; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: .9rem; width: 100%; }
th, td { padding: .25rem .7rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--hair);
  font-variant-numeric: tabular-nums; } th.word, td.word { text-align: left; }
pre { overflow-x: auto; padding: .6rem .8rem; border: 1px solid var(--hair); border-radius: 4px; }
svg text { fill: var(--ink); font: 13px system-ui, sans-serif; }
svg .tick, svg .note { fill: var(--quiet); font-size: 12px; }
svg .middle { text-anchor: middle; } svg .right { text-anchor: end; }
svg .grid { stroke: var(--hair); } svg .axis { stroke: var(--quiet); }
svg .limit { stroke: var(--quiet); stroke-dasharray: 4 4; } svg .ideal { stroke: var(--quiet); stroke-width: .8; }
svg .curve { fill: none; stroke-width: 2.2; } svg .band { stroke: none; opacity: .18; }
svg .curve.processes { stroke: var(--processes); } svg .curve.threads { stroke: var(--threads); }
svg .band.processes { fill: var(--processes); } svg .band.threads { fill: var(--threads); }
svg .mark { stroke-width: 2; fill: var(--paper); }
svg .mark.processes { stroke: var(--processes); } svg .mark.both { stroke: var(--both); }
svg .mark.threads { stroke: var(--threads); fill: var(--threads); }
svg .dot { opacity: .55; fill: var(--both); } svg .dot.processes { fill: var(--processes); }
svg .dot.threads { fill: var(--threads); } svg .median { stroke: var(--ink); stroke-width: 2; }
)css";

std::string term(std::string_view word, std::string_view meaning) {
  return "<abbr title=\"" + escaped(meaning) + "\">" + escaped(word) + "</abbr>";
}

std::string cell(std::string_view text, bool number = true) {
  return std::string(number ? "<td>" : "<td class=\"word\">") + escaped(text) + "</td>";
}

std::string table(const SweepResult& result, const std::vector<RowSummary>& rows) {
  const std::vector<RowLabel> labels = row_labels(result.plan);
  std::string html = "<div class=\"scroll\"><table>\n<thead><tr>";
  for (const RowLabel& label : labels) {
    html +=
        std::string(label.number ? "<th>" : "<th class=\"word\">") + escaped(label.title) + "</th>";
  }
  html += "<th>" +
          term("makespan", "from the common start, all workers ready, to the last commit") +
          "</th><th>" + term("give or take", "half of the middle 50 % of the trials") +
          "</th><th>" + term("speed-up", "median of the ratios to the baseline within each round") +
          "</th><th>middle half</th><th>" + term("efficiency", "speed-up divided by processors") +
          "</th><th>" + term("cpu", "time that the workers spent on CPUs, median") + "</th><th>" +
          term("memory", "PSS: what the workers hold, shared pages divided among their users") +
          "</th><th>" + term("switches", "context switches of a trial, voluntary and not") +
          "</th></tr></thead>\n<tbody>\n";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    html += "<tr>";
    for (const RowLabel& label : labels) {
      html += cell(label.cells[i], label.number);
    }
    const RowSummary& row = rows[i];
    if (row.makespan.count == 0) {
      html += "<td colspan=\"8\" class=\"word\">not run</td></tr>\n";
      continue;
    }
    const bool baseline = result.plan.rows[i].baseline == i;
    const bool known = row.speedup.count > 0;
    html += cell(seconds_text(row.makespan.median)) +
            cell(fixed(row.makespan.relative_half_width() * 100, 1) + " %") +
            cell(known ? fixed(row.speedup.median, 2) : "-");
    if (baseline) {
      html += cell("baseline");
    } else {
      html += cell(known ? fixed(row.speedup.lower_quartile, 2) + " to " +
                               fixed(row.speedup.upper_quartile, 2)
                         : "-");
    }
    html += cell(known ? fixed(row.efficiency, 2) : "-") + cell(seconds_text(row.cpu_s)) +
            cell(bytes_text(row.pss_bytes)) +
            cell(count_text(static_cast<std::uint64_t>(
                std::llround(row.voluntary_switches + row.involuntary_switches)))) +
            "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

std::string curves(const SweepResult& result, const std::vector<RowSummary>& rows,
                   unsigned usable_cpus) {
  std::string html;
  for (const SpeedupPanel& panel : speedup_panels(result, rows)) {
    if (!panel.title.empty()) {
      html += "<h3>" + escaped(panel.title) + "</h3>\n";
    }
    html += "<figure>\n" + speedup_svg(panel, usable_cpus) + "<figcaption>" +
            escaped(speedup_caption(panel, usable_cpus)) + "</figcaption>\n</figure>\n";
  }
  return html;
}

std::string answer(const SweepResult& result, const std::vector<RowSummary>& rows) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].speedup.count > 0 &&
        (!best || rows[i].speedup.median > rows[*best].speedup.median)) {
      best = i;
    }
  }
  if (!best) {
    return "No round is complete yet, so there is nothing to compare.";
  }
  const SweepRow& row = result.plan.rows[*best];
  if (row.baseline == *best) {
    return "No layout was faster than the baseline, " + short_name(row.layout) + ".";
  }
  const Spread& speedup = rows[*best].speedup;
  return short_name(row.layout) + " was " + fixed(speedup.median, 2) + " times as fast as " +
         short_name(result.plan.rows[row.baseline].layout) + " (in the middle half of the rounds " +
         fixed(speedup.lower_quartile, 2) + " to " + fixed(speedup.upper_quartile, 2) +
         "): the largest speed-up here.";
}

}  // namespace

std::string html_report(const SweepResult& result, const std::vector<RowSummary>& rows,
                        const SweepStory& story) {
  const SweepPlan& plan = result.plan;
  const std::string workload = escaped(plan.workload->name);
  const std::string question =
      "How does " + workload + " scale with processes, and how with threads?";
  std::string html =
      "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n"
      "<meta charset=\"utf-8\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>strata: " +
      workload + "</title>\n<style>" + escaped(kCss) + "</style>\n</head>\n<body>\n<h1>" +
      question + "</h1>\n<p class=\"answer\">" + escaped(answer(result, rows)) + "</p>\n";
  if (result.stopped) {
    html += "<p class=\"partial\">Partial: " + count_text(result.samples.size()) + " of " +
            count_text(plan.rows.size() * result.settings.rounds) + " trials were run (" +
            escaped(result.stopped->message) + ").</p>\n";
  }
  html += curves(result, rows, story.usable_cpus);
  html += "<h2>The figures</h2>\n" + table(result, rows) + "<p class=\"quiet\">Medians of " +
          count_of(result.settings.rounds, "rounds") +
          ". Verdicts are inconclusive here: " + escaped(kNoVerdictReason) + ".</p>\n";
  html += "<h2>Every trial</h2>\n<figure>\n" + trial_strips_svg(result, rows) +
          "<figcaption>Each dot is one trial, each bar the median of its row: dots that lie far "
          "apart say that the machine was disturbed.</figcaption>\n</figure>\n";
  html += "<h2>What was run, and where</h2>\n<p>" + workload + ": " +
          escaped(plan.workload->summary) + ". " + escaped(sweep_heading(plan, result.settings)) +
          "; " + duration_text(result.took_s) + " in all.</p>\n<p>" + escaped(story.machine) +
          "</p>\n";
  html += "<h2>Repeat it</h2>\n<pre>" + escaped(story.command) + "</pre>\n</body>\n</html>\n";
  return html;
}

}  // namespace strata
