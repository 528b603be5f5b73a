// The names of the executors and what each can carry; both coordinator and worker read it.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "shared/base/layout.h"

namespace strata {

enum class ThreadsRule : std::uint8_t { kOne, kT, kG, kMany };

struct ExecutorInfo {
  std::string_view name;
  ThreadsRule rule;
  std::string_view summary;
};

std::span<const ExecutorInfo> executor_table();
const ExecutorInfo* find_executor_info(std::string_view name);

// Units alive at most in a worker of this layout, as DESIGN's table of executors says. `units`: how
// many there are in the whole cluster (> 0).
std::uint64_t alive_at_most(const ExecutorInfo& executor, const Layout& layout,
                            std::uint64_t units);

}  // namespace strata
