#include "shared/os/pinned_thread.h"

#include <cerrno>
#include <string>

#include "shared/base/log.h"
#include "shared/base/result.h"

namespace strata {

int cpu_of_carrier(const std::vector<int>& cpus, std::size_t index) {
  return cpus.empty() ? -1 : cpus[index % cpus.size()];
}

PinnedThread::PinnedThread(int cpu) {
  if (cpu < 0 || sched_getaffinity(0, sizeof(before_), &before_) != 0) {
    return;
  }
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(cpu), &one);
  if (sched_setaffinity(0, sizeof(one), &one) != 0) {
    log::warn(
        system_error(Exit::kMachine, "pin a carrier to CPU " + std::to_string(cpu), errno).message);
    return;
  }
  pinned_ = true;
}

PinnedThread::~PinnedThread() {
  if (pinned_) {
    sched_setaffinity(0, sizeof(before_), &before_);
  }
}

}  // namespace strata
