#include "worker/executors/many_executor.h"

#include <algorithm>

namespace strata {

ProcessorsConfig processors_config(const ExecutorConfig& config) {
  return {.count = std::max(1U, config.threads),
          .wait = config.wait,
          .cpus = config.carrier_cpus,
          .stack_bytes = config.stack_bytes,
          .always_migrate = config.always_migrate};
}

void refuse_all(WorkSource& source, const std::string& why) {
  for (;;) {
    const std::uint32_t ticket = source.bell().ticket();
    Lease lease;
    switch (source.claim(lease)) {
      case WorkSource::Answer::kLease:
        source.fail(lease, lease.first_unit, why);
        break;
      case WorkSource::Answer::kNothingNow:
        source.bell().wait(ticket);
        break;
      case WorkSource::Answer::kEnd:
        return;
    }
  }
}

}  // namespace strata
