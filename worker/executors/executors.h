// The factories of the executors: what each name in shared/unit/executors.def makes.
#pragma once
#include <memory>
#include <string_view>

#include "worker/executors/executor.h"

namespace strata {

// Null when no executor has that name.
std::unique_ptr<Executor> make_executor(std::string_view name, const ExecutorConfig& config);

}  // namespace strata
