#include "shared/unit/executor_table.h"

#include <algorithm>
#include <array>

namespace strata {
namespace {
#define STRATA_EXECUTOR(name, rule, summary) ExecutorInfo{#name, ThreadsRule::rule, summary},
constexpr std::array kExecutors = {
#include "shared/unit/executors.def"
};
#undef STRATA_EXECUTOR
}  // namespace

std::span<const ExecutorInfo> executor_table() { return kExecutors; }

const ExecutorInfo* find_executor_info(std::string_view name) {
  const auto* found = std::find_if(kExecutors.begin(), kExecutors.end(),
                                   [name](const ExecutorInfo& info) { return info.name == name; });
  return found == kExecutors.end() ? nullptr : found;
}

std::uint64_t alive_at_most(const ExecutorInfo& executor, const Layout& layout,
                            std::uint64_t units) {
  switch (executor.rule) {
    case ThreadsRule::kOne:
      return 1;
    case ThreadsRule::kT:
      return layout.threads;
    case ThreadsRule::kG:
      return layout.in_flight != 0 ? layout.in_flight : layout.threads;
    case ThreadsRule::kMany: {
      const std::uint64_t workers = std::uint64_t{layout.hosts} * layout.processes;
      return layout.in_flight != 0 ? layout.in_flight : (units + workers - 1) / workers;
    }
  }
  return 1;
}

}  // namespace strata
