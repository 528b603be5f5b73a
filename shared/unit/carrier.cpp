#include "shared/unit/carrier.h"

#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <utility>

#include "shared/base/check.h"
#include "shared/os/clock.h"
#include "shared/sync/futex.h"
#include "shared/unit/join.h"
#include "shared/unit/kernel.h"
#include "shared/unit/wait_report.h"

namespace strata {
namespace {
// How long a unit waits before it looks whether all others do, too; the thread that finds nothing
// waits twice as long, so that thousands of waiting threads cost nothing.
constexpr std::uint64_t kFirstLook = 100'000'000;
constexpr std::uint64_t kLastLook = 1'600'000'000;
}  // namespace

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

void Carrier::cancel_units(const std::string& why) {
  {
    const std::lock_guard lock(why_mutex_);
    if (cancelled_.load(std::memory_order_relaxed)) {
      return;
    }
    why_ = why;
    cancelled_.store(true, std::memory_order_relaxed);  // why_ is read under its lock.
  }
  cancel_parked();
}
void Carrier::throw_cancelled() const {
  const std::lock_guard lock(why_mutex_);
  throw UnitCancelled(why_);
}
void Carrier::forget_cancellation() {
  const std::lock_guard lock(why_mutex_);
  cancelled_.store(false, std::memory_order_relaxed);
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

// The waiter's progress is 1 once unpark() was called.
bool BlockingCarrier::park(Waiter& waiter) {
  parked_.add(waiter);
  if (units_cancelled() && waiter.settle(Waiter::Outcome::kUnitsCancelled)) {
    return true;  // Nobody else will call unpark().
  }
  std::uint64_t patience = kFirstLook;
  bool suspected = false;
  // Acquire: pairs with the release in unpark().
  while (waiter.progress.load(std::memory_order_acquire) == 0) {
    const std::uint64_t now = now_ns();
    if (waiter.deadline_ns() == kNoDeadline) {
      futex_wait(waiter.progress, 0, outside_wakers_ ? UINT64_MAX : patience);
      if (outside_wakers_ || now_ns() - now < patience) {
        continue;
      }
      const std::string seen = deadlock();
      if (seen.empty()) {
        suspected = false;
        patience = std::min(2 * patience, kLastLook);
      } else if (!std::exchange(suspected, true)) {
        patience = kFirstLook;  // A thread may have been woken, and wait for a core since.
      } else {
        cancel_units(seen);
      }
    } else if (now < waiter.deadline_ns()) {
      futex_wait(waiter.progress, 0, waiter.deadline_ns() - now);
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

std::string BlockingCarrier::deadlock() {
  WaitReport report;
  int waiting = 0;
  parked_.for_each_waiting([&](const Waiter& waiter) {
    if (waiter.deadline_ns() == kNoDeadline) {
      ++waiting;
      report.add(waiter);
    }
  });
  return waiting == running_.load(std::memory_order_relaxed) ? report.deadlock() : "";
}

}  // namespace strata
