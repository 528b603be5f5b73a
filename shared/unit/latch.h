// Latch: a count that goes down to zero once, and units that wait for it.
//
// Zero is for ever, so who comes late does not wait. It may be destroyed by a unit that has seen it
// at zero, even while the last count_down() returns.
#pragma once
#include <cstdint>
#include <mutex>

#include "shared/base/check.h"
#include "shared/sync/spin_lock.h"
#include "shared/unit/wait_limit.h"
#include "shared/unit/waiter_list.h"

namespace strata {

class Latch {
 public:
  explicit Latch(std::uint64_t count) : count_(count) {}
  Latch(const Latch&) = delete;
  Latch& operator=(const Latch&) = delete;
  ~Latch() = default;

  class [[nodiscard]] WaitForZero : public ParkedWait<> {
   public:
    WaitForZero(Latch& latch, Unit& unit, const WaitLimit& limit)
        : ParkedWait(unit, "a latch", limit), latch_(latch) {}
    bool await_ready() {
      {
        const std::lock_guard lock(latch_.lock_);
        if (latch_.count_ == 0) {
          return true;
        }
        waited_ = true;
        latch_.waiters_.push_back(waiter());
      }
      return park();
    }
    WaitEnd await_resume() {
      if (!waited_) {
        return WaitEnd::kDone;
      }
      const WaitEnd end = ended();
      if (end != WaitEnd::kDone) {
        const std::lock_guard lock(latch_.lock_);
        latch_.waiters_.remove(waiter());
      }
      return end;
    }

   private:
    Latch& latch_;
    bool waited_ = false;
  };

  // co_await latch.wait(unit): kDone at zero, or kTimedOut or kCancelled.
  WaitForZero wait(Unit& unit, const WaitLimit& limit = {}) { return {*this, unit, limit}; }
  // By at most what is left. From any thread, unit or not.
  void count_down(std::uint64_t by = 1) {
    WokenChain woken;
    {
      const std::lock_guard lock(lock_);
      STRATA_CHECK(by <= count_, by, count_);
      count_ -= by;
      if (count_ == 0) {
        while (Waiter* const waiter = waiters_.pop_settled()) {
          woken.add(*waiter);
        }
      }
    }
    woken.unpark_all();
  }
  // Counts down by one, and waits for the others.
  WaitForZero arrive_and_wait(Unit& unit, const WaitLimit& limit = {}) {
    count_down();
    return {*this, unit, limit};
  }

 private:
  SpinLock lock_;
  std::uint64_t count_;   // GUARDED_BY(lock_)
  WaiterList<> waiters_;  // GUARDED_BY(lock_)
};

}  // namespace strata
