// Typed parameters: what name=value on the command line may say, and what a body reads.
#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shared/base/result.h"

namespace strata {

enum class ParameterType : std::uint8_t {
  kInteger,    // low..high
  kReal,       // low..high
  kText,       // any
  kChoice,     // one of `choices`
  kInputDir,   // a folder that must be readable
  kOutputFile  // a file to be written in a folder that must be writable
};

struct ParameterSpec {
  std::string_view name{};
  ParameterType type = ParameterType::kText;
  bool required = false;
  std::string_view unit{};  // "us", "ms", "MiB"; empty for counts and texts.
  double low = 0;
  double high = 0;
  std::string_view fallback{};  // The default as text; empty with `required`, or for an unset path.
  std::string_view choices{};   // kChoice: "a|b|c"
  std::string_view summary{};
};

// Values that have passed parse_parameters. Immutable.
class Parameters {
 public:
  Parameters() = default;
  explicit Parameters(std::map<std::string, std::string, std::less<>> values)
      : values_(std::move(values)) {}

  // The named value; asking for a name that is not in the workload's specs is a broken invariant.
  [[nodiscard]] std::uint64_t integer(std::string_view name) const;
  [[nodiscard]] double real(std::string_view name) const;
  [[nodiscard]] const std::string& text(std::string_view name) const;

  // Every parameter, defaults resolved, by name: what is stored, sent and printed.
  [[nodiscard]] const std::map<std::string, std::string, std::less<>>& all() const {
    return values_;
  }

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

// Checks "name=value" words against the specs. Refuses by name, with the nearest name proposed:
// "compute: there is no parameter 'gain'; did you mean 'grain'? (strata list compute)",
// "compute: grain=-3: must be 0 to 1000000 us". Paths become absolute. Errors are Exit::kUsage;
// a folder that is missing or unreadable likewise.
Result<Parameters> parse_parameters(std::string_view workload, std::span<const ParameterSpec> specs,
                                    std::span<const std::string> words);

// The name in `names` that is nearest to `word` (edit distance of at most 2), or empty.
std::string_view nearest_name(std::string_view word, std::span<const std::string_view> names);

}  // namespace strata
