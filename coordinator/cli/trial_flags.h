// What run and sweep have in common on the command line: the workload and its words, the seed, the
// time limit, how much is told.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/cli/arguments.h"
#include "shared/base/result.h"
#include "shared/workloads/workload.h"

namespace strata {

struct TrialChoices {
  const Workload* workload = nullptr;
  std::vector<std::string> words;  // name=value, not yet checked
  std::uint64_t seed = 1;
  double timeout_s = 0;  // 0: none
  std::string cluster;   // Of a cluster that is up; empty: one of this command's own.
};

class TrialFlags {
 public:
  explicit TrialFlags(std::string_view command) : command_(command) {}

  // Declares WORKLOAD and name=value, --cluster, --seed, --timeout, --json and -v. `words_help`
  // says what the words may be.
  void declare(Arguments& arguments, std::string_view words_help);
  // Also sets the level of the log.
  [[nodiscard]] Result<TrialChoices> choices() const;
  [[nodiscard]] bool json() const { return json_; }

 private:
  std::string command_;
  std::vector<std::string> words_;
  std::optional<std::string> cluster_;
  std::optional<std::string> seed_;
  std::optional<std::string> timeout_;
  int verbose_ = 0;
  bool json_ = false;
};

// The workload of that name, or a sentence with the nearest.
Result<const Workload*> workload_named(std::string_view name);

}  // namespace strata
