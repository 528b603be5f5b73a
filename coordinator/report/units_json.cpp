// strata.units/1. Every row has every field; what was not measured is null.
#include "coordinator/report/json_parts.h"
#include "coordinator/report/units_report.h"
#include "shared/stats/summary.h"

namespace strata {
namespace {

// The median, and the quartiles as the interval.
Json spread_json(const std::vector<double>& samples) {
  if (samples.empty()) {
    return {};
  }
  const Spread spread = spread_of(samples);
  return {{"median", spread.median},
          {"low", spread.lower_quartile},
          {"high", spread.upper_quartile},
          {"samples", spread.count}};
}

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}
template <typename T>
Json name_or_null(const std::optional<T>& value) {
  return value ? Json(name_of(*value)) : Json();
}

Json row_json(const UnitFigures& row) {
  Json json;
  json["unit"] = row.name;
  json["title"] = row.title;
  json["create_join_ns"] = spread_json(row.create_join_ns);
  json["switch_ns"] = spread_json(row.switch_ns);
  json["wake_across_cores_ns"] = spread_json(row.wake_ns);
  json["wake_from_sleep_ns"] = spread_json(row.wake_asleep_ns);
  json["parked_bytes"] = spread_json(row.parked_bytes);
  json["fits"] = row.fit ? Json({{"count", row.fit->count}, {"limit", row.fit->limit}}) : Json();
  json["parallel"] = {{"answer", or_null(in_parallel(row))},
                      {"cpu_per_wall", spread_json(row.cpu_per_wall)},
                      {"computed_beside_share", spread_json(row.computed_beside)}};
  json["blocking"] = {{"blocks", name_or_null(if_it_blocks(row))},
                      {"others_ran_share", spread_json(row.others_ran)},
                      {"others_ran_share_told", spread_json(row.others_ran_told)}};
  Json crash = {{"takes", name_or_null(crash_takes(row))},
                {"others", nullptr},
                {"survived", nullptr},
                {"signal", nullptr}};
  if (row.crash) {
    crash["others"] = row.crash->others;
    crash["survived"] = row.crash->survived;
    crash["signal"] = row.crash->signal;
  }
  json["crash"] = std::move(crash);
  return json;
}

}  // namespace

std::string units_json(const UnitsMeasured& measured) {
  Json json;
  json["schema"] = "strata.units/1";
  json["machine"] = {
      {"cpu_model", measured.machine.cpu_model},
      {"usable_cpus", measured.machine.usable.count},
      {"hypervisor",
       measured.machine.hypervisor.name.empty() ? Json() : Json(measured.machine.hypervisor.name)},
      {"kernel", measured.machine.kernel},
      {"memory_available_bytes", measured.machine.memory.available_bytes}};
  json["took_s"] = measured.took_s;
  json["units"] = Json::array();
  for (const UnitFigures& row : measured.units) {
    json["units"].push_back(row_json(row));
  }
  json["peers"] = Json::array();
  for (const UnitFigures& row : measured.peers) {
    json["peers"].push_back(row_json(row));
  }
  json["conclusion"] = units_conclusion(measured);
  return text_of(json);
}

}  // namespace strata
