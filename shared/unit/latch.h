// Latch: a count that goes down to zero once, and units that wait for it.
//
// Zero is for ever, so who comes late does not wait. It may be destroyed by a unit that has seen it
// at zero, even while the last count_down() returns.
#pragma once
#include <cstdint>
#include <mutex>

#include "shared/base/check.h"
#include "shared/sync/spin_lock.h"
#include "shared/unit/listed_wait.h"

namespace strata {

class Latch {
 public:
  explicit Latch(std::uint64_t count) : count_(count) {}
  Latch(const Latch&) = delete;
  Latch& operator=(const Latch&) = delete;
  ~Latch() = default;

  // co_await latch.wait(unit): kDone at zero, or kTimedOut or kCancelled.
  ListedWait<Latch> wait(Unit& unit, WaitLimit limit = {}) {
    return {*this, unit, "a latch", limit};
  }
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
  ListedWait<Latch> arrive_and_wait(Unit& unit, WaitLimit limit = {}) {
    count_down();
    return wait(unit, limit);
  }

 private:
  friend ListedWait<Latch>;

  [[nodiscard]] bool take() const { return count_ == 0; }

  SpinLock lock_;
  std::uint64_t count_;   // GUARDED_BY(lock_)
  WaiterList<> waiters_;  // GUARDED_BY(lock_)
};

}  // namespace strata
