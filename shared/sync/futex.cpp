#include "shared/sync/futex.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <ctime>

namespace strata {

// Not FUTEX_PRIVATE_FLAG: the word may be shared between processes.
void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                std::uint64_t limit_ns) {
  static_assert(sizeof(word) == sizeof(std::uint32_t));
  constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
  const timespec limit{.tv_sec = static_cast<std::time_t>(limit_ns / kNsPerSecond),
                       .tv_nsec = static_cast<long>(limit_ns % kNsPerSecond)};
  syscall(SYS_futex, &word, FUTEX_WAIT, expected, limit_ns == UINT64_MAX ? nullptr : &limit,
          nullptr, 0);
}

void futex_wake_all(const std::atomic<std::uint32_t>& word) {
  syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

}  // namespace strata
