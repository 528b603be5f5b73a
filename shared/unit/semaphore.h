// Semaphore: so many permits, for units to take and give back.
//
// First come, first served: a permit that is given back while units wait belongs to the first of
// them at once, and nobody who comes later can take it. Unlike a Mutex (see there) a semaphore
// mostly limits how many are in a long section, where the price of a switch at each hand-over does
// not show and being passed by would.
#pragma once
#include <cstdint>
#include <mutex>

#include "shared/sync/spin_lock.h"
#include "shared/unit/listed_wait.h"

namespace strata {

class Semaphore {
 public:
  explicit Semaphore(std::uint64_t permits) : permits_(permits) {}
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;
  ~Semaphore() = default;

  // co_await semaphore.acquire(unit): kDone with a permit, or kTimedOut or kCancelled without.
  ListedWait<Semaphore> acquire(Unit& unit, WaitLimit limit = {}) {
    return {*this, unit, "a semaphore", limit};
  }
  [[nodiscard]] bool try_acquire() {
    const std::lock_guard lock(lock_);
    return take();
  }
  // From any thread, unit or not.
  void release(std::uint64_t permits = 1) {
    WokenChain woken;
    {
      const std::lock_guard lock(lock_);
      for (; permits > 0; --permits) {
        Waiter* const waiter = waiters_.pop_settled();
        if (waiter == nullptr) {
          break;
        }
        woken.add(*waiter);
      }
      permits_ += permits;
    }
    woken.unpark_all();
  }

 private:
  friend ListedWait<Semaphore>;

  bool take() {
    if (permits_ == 0) {
      return false;
    }
    --permits_;
    return true;
  }

  SpinLock lock_;
  std::uint64_t permits_;  // GUARDED_BY(lock_); none while a waiter is unsettled.
  WaiterList<> waiters_;   // GUARDED_BY(lock_)
};

}  // namespace strata
