// Programs under measurement: started, watched for a line, and asked for what they report.
#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/rounds.h"

namespace strata::bench {

// Seconds from just before the fork until `line` begins a line of its output or errors; the
// program is then awaited. Nothing when it failed.
std::optional<double> seconds_until(std::string_view line, const std::vector<std::string>& words);
// Seconds printed as the first word of its output.
std::optional<double> first_number(const std::vector<std::string>& words);
// The JSON that `strata run ... --json` prints, if it succeeded.
std::optional<nlohmann::json> run_json(const Settings& settings, std::vector<std::string> words);
// One figure of it.
std::optional<double> run_figure(const Settings& settings, const std::vector<std::string>& words,
                                 const char* pointer);

}  // namespace strata::bench
