// The objects that the JSON of run, sweep and status have in common. Included by the .cpp files of
// this folder that write JSON, and by no header: nlohmann costs 3 s in every file that sees it.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "shared/base/layout.h"
#include "shared/workloads/parameters.h"
#include "shared/workloads/workload.h"

namespace strata {

using Json = nlohmann::ordered_json;  // Fields in the order they are written.

Json json_of(const Layout& layout);
// Numbers as numbers and texts as texts, as the workload's specs say; all texts without specs.
Json json_of(const std::map<std::string, std::string, std::less<>>& parameters,
             const Workload* workload);
Json json_of(const Value& value);
// A field of "result"; a number that is not finite is null.
Value value_from(const Json& json);

// Over several lines, with a line feed at the end.
std::string text_of(const Json& json);

}  // namespace strata
