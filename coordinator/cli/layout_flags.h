// The layout flags that run, sweep and up share, and what they mean on this machine.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/cli/arguments.h"
#include "coordinator/measure/sweep_plan.h"
#include "shared/base/layout.h"
#include "shared/base/result.h"

namespace strata {

class LayoutFlags {
 public:
  enum class Values : std::uint8_t { kOne, kLists };

  // Declares -P -T -G -x --start --wait --pin --gil-interval-ms --gil-release-compute --hosts. With
  // kLists each of the first six takes a comma list.
  void declare(Arguments& arguments, Values values);

  // The lists, defaults resolved: -T is 1 when -P is given, else `usable_cpus`. Errors are
  // Exit::kUsage, one sentence that names the flag.
  [[nodiscard]] Result<LayoutLists> lists(unsigned usable_cpus) const;
  // The one layout of a command that takes no lists.
  [[nodiscard]] Result<Layout> layout(unsigned usable_cpus) const;

  // The flags as given, to be shown in "repeat with": " -P 1,2 -x pool".
  [[nodiscard]] std::string spoken() const;

 private:
  [[nodiscard]] Result<std::uint32_t> gil_interval_us_of(
      const std::vector<std::string>& executors) const;

  Values values_ = Values::kOne;
  std::optional<std::string> processes_;
  std::optional<std::string> threads_;
  std::optional<std::string> in_flight_;
  std::optional<std::string> executor_;
  std::optional<std::string> start_;
  std::optional<std::string> wait_;
  std::optional<std::string> pin_;
  std::optional<std::string> gil_interval_;
  bool gil_release_compute_ = false;
  std::optional<std::string> hosts_;
};

// A word for a shell: quoted where it has to be.
std::string shell_word(const std::string& word);

}  // namespace strata
