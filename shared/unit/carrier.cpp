#include "shared/unit/carrier.h"

#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <system_error>
#include <utility>

#include "shared/base/check.h"
#include "shared/os/clock.h"
#include "shared/os/fd.h"
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
// How often a thread in poll(2) looks whether its unit was cancelled with its siblings: seldom, and
// nothing has to be opened to tell it.
constexpr std::uint64_t kLookForCancellation = 500'000'000;

const Fd* bell_of(const Waiter& waiter) { return static_cast<const Fd*>(waiter.frame.address()); }

timespec in_timespec(std::uint64_t ns) {
  constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
  return {.tv_sec = static_cast<std::time_t>(ns / kNsPerSecond),
          .tv_nsec = static_cast<long>(ns % kNsPerSecond)};
}

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

void Carrier::prepare_to_poll(Waiter&) { STRATA_CHECK(false, "this executor watches descriptors"); }
bool Carrier::park_in_poll(Waiter&, int, short) {
  STRATA_CHECK(false, "this executor watches descriptors");
  return false;
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

// The waiter's progress is 1 once unpark() was called. No frame is suspended here: `frame` is null,
// or the address of the eventfd which ends the poll(2) that its thread may be in.
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
  if (const Fd* const bell = bell_of(waiter)) {
    // Before progress: until then its thread neither closes this eventfd nor uses it again.
    eventfd_write(bell->get(), 1);
  }
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

void BlockingCarrier::prepare_to_poll(Waiter& waiter) {
  // A futex, with which park() waits, cannot be waited for together with a descriptor.
  thread_local Fd bell;
  if (!bell) {
    bell = Fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  }
  if (!bell) {
    throw std::system_error(errno, std::generic_category(),
                            "no descriptor is left to wait with; raise the limit of open files "
                            "(ulimit -n): eventfd");
  }
  waiter.frame = std::coroutine_handle<>::from_address(&bell);
}

bool BlockingCarrier::park_in_poll(Waiter& waiter, int fd, short events) {
  const Fd* const bell = bell_of(waiter);
  std::array<pollfd, 2> both{{{.fd = fd, .events = events, .revents = 0},
                              {.fd = bell != nullptr ? bell->get() : -1,  // poll(2) leaves it out.
                               .events = POLLIN,
                               .revents = 0}}};
  for (;;) {
    const std::uint64_t now = now_ns();
    const std::uint64_t left = waiter.deadline_ns() - std::min(now, waiter.deadline_ns());
    const timespec limit = in_timespec(std::min(left, kLookForCancellation));
    const int ready = ppoll(both.data(), both.size(), &limit, nullptr);
    STRATA_CHECK(ready >= 0 || errno == EINTR, "poll", errno);
    if (ready > 0 || (ready == 0 && left == 0)) {
      break;
    }
    if (units_cancelled() && waiter.settle(Waiter::Outcome::kUnitsCancelled)) {
      return true;
    }
  }
  if (!waiter.settle(both[0].revents != 0 ? Waiter::Outcome::kWoken : Waiter::Outcome::kTimedOut)) {
    // It was cancelled: until unpark() has come, and has done with the eventfd.
    BlockingCarrier::park(waiter);
    eventfd_t rung = 0;
    eventfd_read(bell->get(), &rung);
  }
  return true;
}

}  // namespace strata
