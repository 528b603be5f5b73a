// The names of the executors and what each can carry; both coordinator and worker read it.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "shared/base/layout.h"

namespace strata {

enum class ThreadsRule : std::uint8_t { kOne, kT, kG };

struct ExecutorInfo {
  std::string_view name;
  ThreadsRule rule;
  std::string_view summary;
};

std::span<const ExecutorInfo> executor_table();
const ExecutorInfo* find_executor_info(std::string_view name);

// Units alive at most in a worker of this layout, as DESIGN's table of executors says.
std::uint32_t alive_at_most(const ExecutorInfo& executor, const Layout& layout);

}  // namespace strata
