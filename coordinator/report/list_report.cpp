#include "coordinator/report/list_report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <vector>

#include "coordinator/launch/launchers.h"
#include "coordinator/report/format.h"
#include "coordinator/report/json_parts.h"
#include "shared/unit/executor_table.h"

namespace strata {
namespace {

struct Entry {
  std::string_view name;
  std::string_view summary;
};

constexpr std::array kSections{Section::kWorkloads, Section::kExecutors, Section::kTransports,
                               Section::kLaunchers};

// What carries what in this version.
constexpr std::array kTransports{
    Entry{"shm", "shared memory: shards, results and control between a host's workers"},
    Entry{"zmq", "ZeroMQ: clients of a cluster that is up, over a local socket"}};

std::vector<Entry> entries_of(Section section) {
  std::vector<Entry> entries;
  switch (section) {
    case Section::kWorkloads:
      for (const Workload* workload : workload_table()) {
        entries.push_back({workload->name, workload->summary});
      }
      break;
    case Section::kExecutors:
      for (const ExecutorInfo& executor : executor_table()) {
        entries.push_back({executor.name, executor.summary});
      }
      break;
    case Section::kTransports:
      entries.assign(kTransports.begin(), kTransports.end());
      break;
    case Section::kLaunchers:
      for (const LauncherInfo& launcher : launcher_table()) {
        entries.push_back({launcher.name, launcher.summary});
      }
      break;
  }
  return entries;
}

std::string_view type_name(ParameterType type) {
  switch (type) {
    case ParameterType::kInteger:
      return "integer";
    case ParameterType::kReal:
      return "real";
    case ParameterType::kText:
      return "text";
    case ParameterType::kChoice:
      return "choice";
    case ParameterType::kInputDir:
      return "input_dir";
    case ParameterType::kOutputFile:
      return "output_file";
  }
  return "?";
}

bool has_range(const ParameterSpec& spec) {
  return spec.type == ParameterType::kInteger || spec.type == ParameterType::kReal;
}

// Limits are exact: "1,000,000,000", "0.5".
std::string limit_text(double limit) {
  return limit >= 0 && limit < 1e18 && limit == std::floor(limit)
             ? count_text(static_cast<std::uint64_t>(limit))
             : exact(limit);
}

std::string range_text(const ParameterSpec& spec) {
  switch (spec.type) {
    case ParameterType::kInteger:
    case ParameterType::kReal:
      return (spec.type == ParameterType::kInteger ? "whole, " : "") + limit_text(spec.low) +
             " to " + limit_text(spec.high) +
             (spec.unit.empty() ? "" : " " + std::string(spec.unit));
    case ParameterType::kChoice: {
      std::string text(spec.choices);
      std::replace(text.begin(), text.end(), '|', ' ');
      return "one of " + text;
    }
    case ParameterType::kInputDir:
      return "a folder";
    case ParameterType::kOutputFile:
      return "a file to write";
    case ParameterType::kText:
      break;
  }
  return "text";
}

// Left-aligned columns with two blanks between; the last one is not filled.
std::string columns_text(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      widths[i] = std::max(widths[i], columns_of(row[i]));
    }
  }
  std::string text;
  for (const auto& row : rows) {
    text += "  ";
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += i + 1 == row.size() ? row[i] : pad_right(row[i], widths[i] + 2);
    }
    text += "\n";
  }
  return text;
}

Json json_of(const ParameterSpec& spec) {
  Json json;
  json["name"] = spec.name;
  json["type"] = type_name(spec.type);
  json["unit"] = spec.unit.empty() ? Json() : Json(spec.unit);
  json["low"] = has_range(spec) ? Json(spec.low) : Json();
  json["high"] = has_range(spec) ? Json(spec.high) : Json();
  json["choices"] = Json();
  if (spec.type == ParameterType::kChoice) {
    json["choices"] = Json::array();
    for (std::string_view rest = spec.choices; !rest.empty();) {
      const std::size_t bar = rest.find('|');
      json["choices"].push_back(rest.substr(0, bar));
      rest = bar == std::string_view::npos ? std::string_view() : rest.substr(bar + 1);
    }
  }
  json["required"] = spec.required;
  json["default"] = Json();
  if (!spec.required && !(spec.fallback.empty() && spec.type != ParameterType::kText)) {
    json["default"] =
        has_range(spec) ? Json::parse(spec.fallback, nullptr, false) : Json(spec.fallback);
  }
  json["summary"] = spec.summary;
  return json;
}

Json json_of(const Workload& workload) {
  Json json;
  json["name"] = workload.name;
  json["summary"] = workload.summary;
  json["parameters"] = Json::array();
  for (const ParameterSpec& spec : workload.parameters) {
    json["parameters"].push_back(json_of(spec));
  }
  json["result"] = Json::array();
  for (const ResultField& field : workload.result_fields) {
    json["result"].push_back({{"name", field.name},
                              {"unit", field.unit.empty() ? Json() : Json(field.unit)},
                              {"summary", field.summary}});
  }
  json["weak_parameter"] = workload.weak_parameter.empty() ? Json() : Json(workload.weak_parameter);
  return json;
}

std::string_view rule_name(ThreadsRule rule) {
  switch (rule) {
    case ThreadsRule::kOne:
      return "1";
    case ThreadsRule::kT:
      return "T";
    case ThreadsRule::kG:
      return "G, or T when G = 0";
    case ThreadsRule::kMany:
      return "G, or ceil(units / workers) when G = 0";
  }
  return "?";
}

Json json_of(Section section) {
  Json list = Json::array();
  if (section == Section::kWorkloads) {
    for (const Workload* workload : workload_table()) {
      list.push_back(json_of(*workload));
    }
    return list;
  }
  for (const Entry& entry : entries_of(section)) {
    list.push_back({{"name", entry.name}, {"summary", entry.summary}});
    if (const ExecutorInfo* info =
            section == Section::kExecutors ? find_executor_info(entry.name) : nullptr) {
      list.back()["units_alive_at_most"] = rule_name(info->rule);
    }
  }
  return list;
}

}  // namespace

std::string_view name_of(Section section) {
  switch (section) {
    case Section::kWorkloads:
      return "workloads";
    case Section::kExecutors:
      return "executors";
    case Section::kTransports:
      return "transports";
    case Section::kLaunchers:
      return "launchers";
  }
  return "?";
}

std::optional<Section> parse_section(std::string_view text) {
  for (const Section section : kSections) {
    if (name_of(section) == text) {
      return section;
    }
  }
  return std::nullopt;
}

std::string list_text(std::optional<Section> section, const Style& style) {
  std::size_t widest = 0;
  for (const Section each : kSections) {
    for (const Entry& entry : entries_of(each)) {
      widest = std::max(widest, entry.name.size());
    }
  }
  std::string text;
  for (const Section each : kSections) {
    if (section && *section != each) {
      continue;
    }
    text += (text.empty() ? "" : "\n") + style.paint(Ink::kStrong, name_of(each)) + "\n";
    for (const Entry& entry : entries_of(each)) {
      text += "  " + pad_right(entry.name, widest + 2) + std::string(entry.summary) + "\n";
    }
  }
  if (!section || *section == Section::kWorkloads) {
    text += "\nstrata list WORKLOAD shows its parameters and what its result names.\n";
  }
  return text;
}

std::string workload_text(const Workload& workload, const Style& style) {
  std::string text = style.paint(Ink::kStrong, workload.name) + "   " +
                     std::string(workload.summary) + "\n\nparameters (name=value)\n";
  std::vector<std::vector<std::string>> rows;
  for (const ParameterSpec& spec : workload.parameters) {
    std::string fallback = "default " + std::string(spec.fallback);
    if (spec.required) {
      fallback = "required";
    } else if (spec.fallback.empty()) {
      fallback = "default: none";
    }
    rows.push_back({std::string(spec.name), range_text(spec), fallback, std::string(spec.summary)});
  }
  text += columns_text(rows) + "\nresult (the \"result\" of --json)\n";
  rows.clear();
  for (const ResultField& field : workload.result_fields) {
    rows.push_back({std::string(field.name),
                    field.unit.empty() ? std::string("-") : std::string(field.unit),
                    std::string(field.summary)});
  }
  text += columns_text(rows);
  if (!workload.weak_parameter.empty()) {
    text += "\n--scaling weak multiplies " + std::string(workload.weak_parameter) +
            " by the number of processors.\n";
  }
  return text;
}

std::string list_json(std::optional<Section> section, const Workload* workload) {
  Json json;
  json["schema"] = "strata.list/1";
  if (workload != nullptr) {
    json["workloads"] = Json::array({json_of(*workload)});
    return text_of(json);
  }
  for (const Section each : kSections) {
    if (!section || *section == each) {
      json[std::string(name_of(each))] = json_of(each);
    }
  }
  return text_of(json);
}

}  // namespace strata
