#include "shared/sync/asymmetric_fence.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace strata {

constinit std::atomic<bool> detail::rare_side_pays{false};

void prepare_asymmetric_fence() {
#if defined(__x86_64__)
  // Relaxed: whoever fences was started after this.
  detail::rare_side_pays.store(
      syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0,
      std::memory_order_relaxed);
#endif
}

void heavy_fence() {
  std::atomic<int> own{0};
  own.exchange(1, std::memory_order_seq_cst);
  if (detail::rare_side_pays.load(std::memory_order_relaxed)) {
    syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
  }
}

}  // namespace strata
