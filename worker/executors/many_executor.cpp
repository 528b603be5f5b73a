#include "worker/executors/many_executor.h"

#include <algorithm>

namespace strata {

ProcessorsConfig processors_config(const ExecutorConfig& config) {
  return {.count = std::max(1U, config.threads),
          .wait = config.wait,
          .cpus = config.carrier_cpus,
          .stack_bytes = config.stack_bytes,
          .outside_wakers = config.outside_wakers,
          .always_migrate = config.always_migrate};
}

}  // namespace strata
