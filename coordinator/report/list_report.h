// What there is to choose from: workloads with their parameters, executors, transports, launchers.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "coordinator/report/style.h"
#include "shared/workloads/workload.h"

namespace strata {

// The sections of `strata list`.
enum class Section : std::uint8_t { kWorkloads, kExecutors, kTransports, kLaunchers };
std::string_view name_of(Section section);
std::optional<Section> parse_section(std::string_view text);

// One section, or all of them: names with a line of explanation each.
std::string list_text(std::optional<Section> section, const Style& style);
// One workload with its parameters and result fields.
std::string workload_text(const Workload& workload, const Style& style);

// strata.list/1: the chosen section or all; for a workload, "workloads" with that one.
std::string list_json(std::optional<Section> section, const Workload* workload);

}  // namespace strata
