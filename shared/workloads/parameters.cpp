#include "shared/workloads/parameters.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>
#include <system_error>

#include "shared/base/check.h"
#include "shared/workloads/figures.h"
#include "shared/workloads/path_checks.h"

namespace strata {
namespace {

Error usage(std::string message) { return Error{Exit::kUsage, std::move(message)}; }

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

template <typename Number>
std::string number_text(Number number) {
  std::array<char, 64> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number);
  return {text.data(), end.ptr};
}

// 1000000 rather than 1e+06: limits are read by people.
std::string limit_text(double limit) {
  return limit == std::floor(limit) ? number_text(static_cast<std::int64_t>(limit))
                                    : number_text(limit);
}

std::string allowed(const ParameterSpec& spec) {
  if (spec.type == ParameterType::kChoice) {
    return "must be one of " + std::string(spec.choices);
  }
  return "must be " +
         std::string(spec.type == ParameterType::kInteger ? "a whole number from " : "") +
         limit_text(spec.low) + " to " + limit_text(spec.high) +
         (spec.unit.empty() ? "" : " " + std::string(spec.unit));
}

// The value as it is stored: numbers in one spelling, so that equal values compare equal.
Result<std::string> check_number(const ParameterSpec& spec, const std::string& given,
                                 std::string_view text) {
  const auto real = parse_number<double>(text);
  // Not `< low || > high`: a NaN must be refused too.
  if (!real || !(*real >= spec.low && *real <= spec.high)) {
    return usage(given + ": " + allowed(spec));
  }
  if (spec.type == ParameterType::kReal) {
    return number_text(*real);
  }
  if (const auto whole = parse_number<std::uint64_t>(text)) {
    return number_text(*whole);
  }
  // 1e6 is a whole number too.
  if (*real != std::floor(*real) || *real < 0 || *real > 9007199254740992.0) {
    return usage(given + ": " + allowed(spec));
  }
  return number_text(static_cast<std::uint64_t>(*real));
}

bool is_choice(std::string_view choices, std::string_view text) {
  while (!choices.empty()) {
    const std::size_t bar = std::min(choices.find('|'), choices.size());
    if (choices.substr(0, bar) == text) {
      return true;
    }
    choices.remove_prefix(std::min(bar + 1, choices.size()));
  }
  return false;
}

Result<std::string> check_value(const std::string& given, const ParameterSpec& spec,
                                std::string_view text) {
  const bool path =
      spec.type == ParameterType::kInputDir || spec.type == ParameterType::kOutputFile;
  if (path && (text.empty() || text.find('\0') != std::string_view::npos)) {
    return usage(given + ": must be a path");
  }
  switch (spec.type) {
    case ParameterType::kInteger:
    case ParameterType::kReal:
      return check_number(spec, given, text);
    case ParameterType::kChoice:
      if (!is_choice(spec.choices, text)) {
        return usage(given + ": " + allowed(spec));
      }
      return std::string(text);
    case ParameterType::kInputDir:
      return check_input_dir(given, text);
    case ParameterType::kOutputFile:
      return check_output_file(given, text);
    case ParameterType::kText:
      break;
  }
  return std::string(text);
}

Error unknown_name(std::string_view workload, std::span<const ParameterSpec> specs,
                   std::string_view name) {
  std::vector<std::string_view> names;
  for (const ParameterSpec& spec : specs) {
    names.push_back(spec.name);
  }
  const std::string_view near = nearest_name(name, names);
  return usage(std::string(workload) + ": there is no parameter '" + printable(name) + "'" +
               (near.empty() ? "" : "; did you mean '" + std::string(near) + "'?") +
               " (strata list " + std::string(workload) + ")");
}

}  // namespace

std::uint64_t Parameters::integer(std::string_view name) const {
  const auto number = parse_number<std::uint64_t>(text(name));
  STRATA_CHECK(number.has_value(), name, text(name));
  return *number;
}

double Parameters::real(std::string_view name) const {
  const auto number = parse_number<double>(text(name));
  STRATA_CHECK(number.has_value(), name, text(name));
  return *number;
}

const std::string& Parameters::text(std::string_view name) const {
  const auto found = values_.find(name);
  STRATA_CHECK(found != values_.end(), name);
  return found->second;
}

Result<Parameters> parse_parameters(std::string_view workload, std::span<const ParameterSpec> specs,
                                    std::span<const std::string> words) {
  const std::string prefix = std::string(workload) + ": ";
  std::map<std::string, std::string, std::less<>> values;
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) {
      return usage(prefix + "'" + printable(word) +
                   "': parameters are written name=value (strata list " + std::string(workload) +
                   ")");
    }
    const std::string_view name = std::string_view(word).substr(0, equals);
    const auto spec = std::find_if(specs.begin(), specs.end(),
                                   [name](const ParameterSpec& each) { return each.name == name; });
    if (spec == specs.end()) {
      return unknown_name(workload, specs, name);
    }
    if (values.contains(name)) {
      return usage(prefix + std::string(name) + " is given twice; give it once");
    }
    Result<std::string> value =
        check_value(prefix + printable(word), *spec, std::string_view(word).substr(equals + 1));
    if (!value) {
      return value.error();
    }
    values.emplace(name, std::move(*value));
  }
  for (const ParameterSpec& spec : specs) {
    if (values.contains(spec.name)) {
      continue;
    }
    if (spec.required) {
      return usage(prefix + std::string(spec.name) + " is missing: " + std::string(spec.summary) +
                   "; add " + std::string(spec.name) + "=... (strata list " +
                   std::string(workload) + ")");
    }
    values.emplace(spec.name, spec.fallback);
  }
  return Parameters(std::move(values));
}

std::string_view nearest_name(std::string_view word, std::span<const std::string_view> names) {
  constexpr std::size_t kFar = 3;
  std::string_view best;
  std::size_t best_distance = kFar;
  for (const std::string_view name : names) {
    // Levenshtein's distance, one row of the table at a time.
    std::vector<std::size_t> row(name.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < word.size() && word.size() < name.size() + kFar; ++i) {
      std::size_t diagonal = std::exchange(row[0], i + 1);
      for (std::size_t j = 0; j < name.size(); ++j) {
        const std::size_t substituted = diagonal + (word[i] == name[j] ? 0 : 1);
        diagonal = row[j + 1];
        row[j + 1] = std::min({substituted, row[j] + 1, diagonal + 1});
      }
    }
    const bool comparable = word.size() < name.size() + kFar;
    // Two typing errors in a word of two letters are another word.
    if (comparable && row.back() < best_distance &&
        row.back() < std::max(name.size(), word.size())) {
      best_distance = row.back();
      best = name;
    }
  }
  return best;
}

}  // namespace strata
