#include "shared/unit/carrier.h"

#include <sched.h>

#include <cerrno>
#include <ctime>

#include "shared/base/check.h"
#include "shared/os/clock.h"
#include "shared/sync/futex.h"
#include "shared/unit/join.h"
#include "shared/unit/kernel.h"

namespace strata {

void Carrier::compute_later(std::coroutine_handle<>) {
  STRATA_CHECK(false, "this executor finishes compute at once");
}
void Carrier::sleep_later(std::chrono::nanoseconds, std::coroutine_handle<>) {
  STRATA_CHECK(false, "this executor finishes sleep at once");
}
std::coroutine_handle<> Carrier::yield_later(std::coroutine_handle<>) {
  STRATA_CHECK(false, "this executor finishes yield at once");
  return std::noop_coroutine();
}
void Carrier::leave_blocking_later(std::coroutine_handle<>) {
  STRATA_CHECK(false, "this executor leaves a blocking region at once");
}
void Carrier::park_later(Waiter&, std::coroutine_handle<>) {
  STRATA_CHECK(false, "this executor parks its thread");
}
void Carrier::push_fork(std::coroutine_handle<>) {
  STRATA_CHECK(false, "this executor runs children in place");
}
std::coroutine_handle<> Carrier::end_fork(Join& join) {
  STRATA_CHECK(fork_way_ == ForkWay::kInPlace);
  join.came_back();
  return join.parent();
}
void Carrier::fork_stack(Join&, std::coroutine_handle<>) {
  STRATA_CHECK(false, "this executor has no stacks for children");
}
bool Carrier::keep_modes(FloatingPointModes*) { return false; }
void Carrier::wait_stack(Join&) { STRATA_CHECK(false, "this executor has no stacks for children"); }

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

// The waiter's progress is 1 once unpark() was called.
bool BlockingCarrier::park(Waiter& waiter) {
  // Acquire: pairs with the release in unpark().
  while (waiter.progress.load(std::memory_order_acquire) == 0) {
    const std::uint64_t now = now_ns();
    if (now < waiter.deadline_ns()) {
      futex_wait(waiter.progress, 0,
                 waiter.deadline_ns() == kNoDeadline ? UINT64_MAX : waiter.deadline_ns() - now);
    } else if (waiter.settle(Waiter::Outcome::kTimedOut)) {
      return true;  // Nobody else will call unpark().
    } else {
      futex_wait(waiter.progress, 0);  // Somebody settled it and is about to.
    }
  }
  return true;
}

void BlockingCarrier::unpark(Waiter& waiter) {
  std::atomic<std::uint32_t>& progress = waiter.progress;
  progress.store(1, std::memory_order_release);  // Pairs with park().
  // The waiter may be gone by now: only its address is used, and a stranger woken looks again.
  futex_wake_all(progress);
}

}  // namespace strata
