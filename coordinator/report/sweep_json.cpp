// strata.sweep/1, and the CSV of raw trials. Declared beside the table.
#include <cmath>

#include "coordinator/report/format.h"
#include "coordinator/report/json_parts.h"
#include "coordinator/report/run_json.h"
#include "coordinator/report/sweep_report.h"

namespace strata {
namespace {

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

// Intervals are not computed yet; the spread says what is known, and its name says that it is not
// an interval.
Json figure(const Spread& spread) {
  Json json;
  json["median"] = number(spread.median);
  json["low"] = nullptr;
  json["high"] = nullptr;
  json["min"] = number(spread.min);
  json["lower_quartile"] = number(spread.lower_quartile);
  json["upper_quartile"] = number(spread.upper_quartile);
  json["max"] = number(spread.max);
  json["median_deviation"] = number(spread.median_deviation);
  json["samples"] = spread.count;
  return json;
}

Json row_json(const SweepPlan& plan, const RowSummary& summary, std::size_t index) {
  const SweepRow& row = plan.rows[index];
  Json json;
  json["layout"] = json_of(row.layout);
  json["parameters"] = json_of(row.parameters.all(), plan.workload);
  json["listed"] = row.listed;
  json["baseline_row"] = row.baseline;
  json["makespan_s"] = figure(summary.makespan);
  json["speedup"] = figure(summary.speedup);
  json["speedup_vs_serial"] = figure(summary.speedup_vs_serial);
  json["efficiency"] = number(summary.efficiency);
  json["verdict"] = "inconclusive";
  json["verdict_reason"] = kNoVerdictReason;
  json["grade"] = nullptr;
  json["launch_s"] = number(summary.launch_s);
  json["cpu_s"] = number(summary.cpu_s);
  json["pss_bytes"] = number(summary.pss_bytes);
  json["context_switches"] = {{"voluntary", number(summary.voluntary_switches)},
                              {"involuntary", number(summary.involuntary_switches)}};
  json["samples_s"] = summary.makespans_s;
  return json;
}

// Parameters that every row has alike.
Json common_parameters(const SweepPlan& plan) {
  auto common = plan.rows.front().parameters.all();
  for (const SweepRow& row : plan.rows) {
    for (auto each = common.begin(); each != common.end();) {
      const auto other = row.parameters.all().find(each->first);
      const bool same = other != row.parameters.all().end() && other->second == each->second;
      each = same ? std::next(each) : common.erase(each);
    }
  }
  return json_of(common, plan.workload);
}

std::string quoted(const std::string& cell) {
  if (cell.find_first_of(",\"\r\n") == std::string::npos) {
    return cell;
  }
  std::string text = "\"";
  for (const char c : cell) {
    text += c == '"' ? "\"\"" : std::string(1, c);
  }
  return text + "\"";
}

}  // namespace

std::string sweep_json(const SweepResult& result, const std::vector<RowSummary>& rows,
                       const SweepStory& story) {
  const SweepPlan& plan = result.plan;
  Json json;
  json["schema"] = "strata.sweep/1";
  json["run"] = result.run;
  json["workload"] = plan.workload->name;
  json["parameters"] = common_parameters(plan);
  json["rounds"] = result.settings.rounds;
  json["seed"] = result.settings.seed;
  json["scaling"] = plan.scaling == Scaling::kWeak ? "weak" : "strong";
  json["machine"] = story.machine;
  json["usable_cpus"] = story.usable_cpus;
  json["command"] = story.command;
  json["took_s"] = result.took_s;
  json["partial"] = result.stopped.has_value();
  json["failure"] = result.stopped ? Json(result.stopped->message) : Json();
  json["layouts"] = Json::array();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    json["layouts"].push_back(row_json(plan, rows[i], i));
  }
  json["recommended"] = nullptr;
  return text_of(json);
}

std::string sweep_csv(const SweepResult& result) {
  const SweepPlan& plan = result.plan;
  std::string text =
      "round,order,row,workload,hosts,processes,threads,in_flight,executor,start,wait,pin";
  for (const ParameterSpec& spec : plan.workload->parameters) {
    text += "," + quoted(std::string(spec.name));
  }
  text +=
      ",makespan_s,launch_s,cpu_s,voluntary_switches,involuntary_switches,pss_bytes,units,retried,"
      "run\n";
  for (const TrialSample& sample : result.samples) {
    const SweepRow& row = plan.rows[sample.row];
    const Layout& layout = row.layout;
    for (const std::size_t place : {sample.round, sample.order, sample.row}) {
      text += std::to_string(place + 1) + ",";
    }
    text += std::string(plan.workload->name);
    for (const std::uint32_t count :
         {layout.hosts, layout.processes, layout.threads, layout.in_flight}) {
      text += "," + std::to_string(count);
    }
    text += "," + layout.executor;
    for (const std::string_view name :
         {name_of(layout.start), name_of(layout.wait), name_of(layout.pin)}) {
      text += "," + std::string(name);
    }
    for (const ParameterSpec& spec : plan.workload->parameters) {
      text += "," + quoted(row.parameters.text(spec.name));
    }
    for (const double value : {sample.makespan_s, sample.launch_s, sample.cpu_s}) {
      text += "," + exact(value);
    }
    for (const std::uint64_t count : {sample.voluntary_switches, sample.involuntary_switches,
                                      sample.pss_bytes, sample.units, sample.retried}) {
      text += "," + std::to_string(count);
    }
    text += "," + quoted(sample.run) + "\n";
  }
  return text;
}

}  // namespace strata
