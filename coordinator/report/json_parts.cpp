#include "coordinator/report/json_parts.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace strata {
namespace {

Json number_or_text(const std::string& text, ParameterType type) {
  const char* const end = text.data() + text.size();
  if (type == ParameterType::kInteger) {
    std::uint64_t value = 0;
    if (const auto parsed = std::from_chars(text.data(), end, value);
        parsed.ec == std::errc{} && parsed.ptr == end) {
      return value;
    }
  }
  if (type == ParameterType::kReal) {
    double value = 0;
    if (const auto parsed = std::from_chars(text.data(), end, value);
        parsed.ec == std::errc{} && parsed.ptr == end && std::isfinite(value)) {
      return value;
    }
  }
  return text;
}

}  // namespace

Json json_of(const Layout& layout) {
  Json json;
  json["hosts"] = layout.hosts;
  json["processes"] = layout.processes;
  json["threads"] = layout.threads;
  json["in_flight"] = layout.in_flight;
  json["executor"] = layout.executor;
  json["start"] = name_of(layout.start);
  json["wait"] = name_of(layout.wait);
  json["pin"] = name_of(layout.pin);
  if (layout.executor == "gil") {
    json["gil_interval_ms"] = layout.gil_interval_us / 1e3;
    json["gil_release_compute"] = layout.gil_release_compute;
  }
  return json;
}

Json json_of(const std::map<std::string, std::string, std::less<>>& parameters,
             const Workload* workload) {
  Json json = Json::object();
  // In the order of the workload's specs, which is the order of `strata list`.
  if (workload != nullptr) {
    for (const ParameterSpec& spec : workload->parameters) {
      if (const auto found = parameters.find(spec.name); found != parameters.end()) {
        json[found->first] = number_or_text(found->second, spec.type);
      }
    }
  }
  for (const auto& [name, value] : parameters) {
    if (!json.contains(name)) {
      json[name] = value;
    }
  }
  return json;
}

Json json_of(const Value& value) {
  return std::visit([](const auto& held) { return Json(held); }, value);
}

Value value_from(const Json& json) {
  if (json.is_number_unsigned()) {
    return json.get<std::uint64_t>();
  }
  if (json.is_number_integer()) {
    return json.get<std::int64_t>();
  }
  if (json.is_number_float()) {
    return json.get<double>();
  }
  if (json.is_array()) {
    std::vector<std::string> texts;
    for (const Json& item : json) {
      texts.push_back(item.is_string() ? item.get<std::string>() : item.dump());
    }
    return texts;
  }
  if (json.is_string()) {
    return json.get<std::string>();
  }
  return std::numeric_limits<double>::quiet_NaN();
}

std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace strata
