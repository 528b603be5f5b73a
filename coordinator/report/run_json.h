// A RunResult as the JSON object strata.run/1, and back.
#pragma once
#include <string>
#include <string_view>

#include "coordinator/cluster/run_result.h"
#include "shared/base/result.h"

namespace strata {

// One object over several lines, with a line feed at its end. Every field is there, always in the
// same order; what is not computed is null. Bytes that are not UTF-8 (file names) become U+FFFD.
std::string to_json(const RunResult& run);

// What to_json wrote, by this version or by one that knew more fields. Errors are Exit::kFailed and
// name the field.
Result<RunResult> run_from_json(std::string_view text);

// Why the verdict of a run is "inconclusive".
inline constexpr std::string_view kNoVerdictReason = "on-CPU evidence is not recorded yet";

}  // namespace strata
