#include "shared/unit/carrier.h"

#include <sched.h>

#include <cerrno>
#include <ctime>

#include "shared/base/check.h"
#include "shared/unit/kernel.h"

namespace strata {

void Carrier::compute_later(std::coroutine_handle<>) {
  STRATA_CHECK(false, "this executor finishes compute at once");
}
void Carrier::sleep_later(std::chrono::nanoseconds, std::coroutine_handle<>) {
  STRATA_CHECK(false, "this executor finishes sleep at once");
}
void Carrier::yield_later(std::coroutine_handle<>) {
  STRATA_CHECK(false, "this executor finishes yield at once");
}
void Carrier::leave_blocking_later(std::coroutine_handle<>) {
  STRATA_CHECK(false, "this executor leaves a blocking region at once");
}

bool BlockingCarrier::compute(std::uint64_t seed, std::uint64_t index, std::uint64_t operations,
                              std::uint64_t& value) {
  value = compute_kernel(seed, index, operations);
  return true;
}

bool BlockingCarrier::sleep(std::chrono::nanoseconds duration) {
  constexpr long kNsPerSecond = 1'000'000'000;
  timespec left{.tv_sec = duration.count() / kNsPerSecond,
                .tv_nsec = duration.count() % kNsPerSecond};
  while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR) {
  }
  return true;
}

bool BlockingCarrier::yield() {
  sched_yield();
  return true;
}

}  // namespace strata
