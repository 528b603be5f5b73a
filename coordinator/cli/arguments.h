// The flags and words of one command: declared once, parsed, and explained by --help.
//
// CLI11 splits the words; everything a person reads is written here, because a sentence with the
// nearest name and a next step is worth more than a parser's own message.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.h"

namespace strata {

class Arguments {
 public:
  // `usage` is what follows "strata" in the help: "run WORKLOAD [name=value ...] [flags]".
  Arguments(std::string_view command, std::string_view summary, std::string_view usage);
  ~Arguments();
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  // Each takes the variable that parse() fills, which must outlive it. `names` as in
  // "-P,--processes"; `value_name` as in "N".
  void flag(std::string_view names, bool& value, std::string_view help);
  void counted(std::string_view names, int& count, std::string_view help);
  void text(std::string_view names, std::optional<std::string>& value, std::string_view value_name,
            std::string_view help);
  // What is left when flags are taken away. Only one of these.
  void words(std::string_view name, std::vector<std::string>& values, std::string_view help);
  // The flags that follow are listed under this heading.
  void heading(std::string_view heading);
  // A line for "Examples" in the help.
  void example(std::string_view command_line, std::string_view what);

  enum class Parsed : std::uint8_t { kGo, kHelp };
  // Exit::kUsage with one sentence: unknown flag (with the nearest), a value missing, given twice.
  Result<Parsed> parse(std::span<const std::string> words);

  [[nodiscard]] std::string help() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// "; did you mean 'grain'?", or nothing when no name is near.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> names);

// A whole number from `low` to `high`, or a sentence: "-P 0: must be 1 to 1024".
Result<std::uint64_t> parse_count(std::string_view flag, std::string_view text, std::uint64_t low,
                                  std::uint64_t high);
// A number above 0 up to `high`.
Result<double> parse_positive(std::string_view flag, std::string_view text, double high,
                              std::string_view unit);

}  // namespace strata
