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
#include "shared/unit/wait_limit.h"
#include "shared/unit/waiter_list.h"

namespace strata {

class Semaphore {
 public:
  explicit Semaphore(std::uint64_t permits) : permits_(permits) {}
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;
  ~Semaphore() = default;

  class [[nodiscard]] Acquire : public ParkedWait<> {
   public:
    Acquire(Semaphore& semaphore, Unit& unit, const WaitLimit& limit)
        : ParkedWait(unit, "a semaphore", limit), semaphore_(semaphore) {}
    bool await_ready() {
      {
        const std::lock_guard lock(semaphore_.lock_);
        if (semaphore_.take()) {
          return true;
        }
        waited_ = true;
        semaphore_.waiters_.push_back(waiter());
      }
      return park();
    }
    WaitEnd await_resume() {
      if (!waited_) {
        return WaitEnd::kDone;
      }
      const WaitEnd end = ended();
      if (end != WaitEnd::kDone) {
        const std::lock_guard lock(semaphore_.lock_);
        semaphore_.waiters_.remove(waiter());
      }
      return end;
    }

   private:
    Semaphore& semaphore_;
    bool waited_ = false;
  };

  // co_await semaphore.acquire(unit): kDone with a permit, or kTimedOut or kCancelled without.
  Acquire acquire(Unit& unit, const WaitLimit& limit = {}) { return {*this, unit, limit}; }
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
