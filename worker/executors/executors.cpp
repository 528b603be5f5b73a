#include "worker/executors/executors.h"

namespace strata {

#define STRATA_EXECUTOR(name, rule, summary) \
  std::unique_ptr<Executor> make_##name##_executor(const ExecutorConfig&);
#include "shared/unit/executors.def"
#undef STRATA_EXECUTOR

std::unique_ptr<Executor> make_executor(std::string_view name, const ExecutorConfig& config) {
#define STRATA_EXECUTOR(each, rule, summary) \
  if (name == #each) {                       \
    return make_##each##_executor(config);   \
  }
#include "shared/unit/executors.def"
#undef STRATA_EXECUTOR
  return nullptr;
}

}  // namespace strata
