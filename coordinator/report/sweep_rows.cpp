#include "coordinator/report/sweep_rows.h"

#include <algorithm>
#include <functional>

namespace strata {
namespace {

RowLabel label(const SweepPlan& plan, std::string title, bool number,
               const std::function<std::string(const SweepRow&)>& cell) {
  RowLabel made{std::move(title), number, {}};
  made.cells.reserve(plan.rows.size());
  for (const SweepRow& row : plan.rows) {
    made.cells.push_back(cell(row));
  }
  return made;
}

bool varies(const RowLabel& label) {
  return std::any_of(label.cells.begin(), label.cells.end(),
                     [&label](const std::string& cell) { return cell != label.cells.front(); });
}

// Everything of a row but P and T.
std::vector<RowLabel> others(const SweepPlan& plan) {
  std::vector<RowLabel> labels;
  labels.push_back(label(plan, "G", true,
                         [](const SweepRow& row) { return std::to_string(row.layout.in_flight); }));
  labels.push_back(
      label(plan, "executor", false, [](const SweepRow& row) { return row.layout.executor; }));
  labels.push_back(label(plan, "start", false, [](const SweepRow& row) {
    return std::string(name_of(row.layout.start));
  }));
  labels.push_back(label(plan, "wait", false, [](const SweepRow& row) {
    return std::string(name_of(row.layout.wait));
  }));
  labels.push_back(label(plan, "pin", false,
                         [](const SweepRow& row) { return std::string(name_of(row.layout.pin)); }));
  return labels;
}

std::vector<RowLabel> parameter_labels(const SweepPlan& plan) {
  std::vector<RowLabel> labels;
  labels.reserve(plan.workload->parameters.size());
  for (const ParameterSpec& spec : plan.workload->parameters) {
    const bool number = spec.type == ParameterType::kInteger || spec.type == ParameterType::kReal;
    labels.push_back(label(plan, std::string(spec.name), number, [&spec](const SweepRow& row) {
      return row.parameters.text(spec.name);
    }));
  }
  return labels;
}

}  // namespace

std::vector<RowLabel> row_labels(const SweepPlan& plan) {
  std::vector<RowLabel> labels;
  labels.push_back(label(plan, "P", true,
                         [](const SweepRow& row) { return std::to_string(row.layout.processes); }));
  labels.push_back(label(plan, "T", true,
                         [](const SweepRow& row) { return std::to_string(row.layout.threads); }));
  for (std::vector<RowLabel> more : {others(plan), parameter_labels(plan)}) {
    for (RowLabel& candidate : more) {
      if (varies(candidate)) {
        labels.push_back(std::move(candidate));
      }
    }
  }
  return labels;
}

std::string common_text(const SweepPlan& plan) {
  std::string text;
  for (const RowLabel& each : others(plan)) {
    const bool usual = each.cells.front() == "0" || each.cells.front() == "none" ||
                       each.cells.front() == "auto" || each.cells.front() == "spawn";
    if (!varies(each) && !usual) {
      text += (text.empty() ? "" : ", ") + each.title + " " + each.cells.front();
    }
  }
  for (const RowLabel& each : parameter_labels(plan)) {
    if (!varies(each) && !each.cells.front().empty()) {
      text += (text.empty() ? "" : ", ") + each.title + "=" + each.cells.front();
    }
  }
  return text;
}

}  // namespace strata
