// The awaiter of a primitive whose waiters stand in one list and need nothing but to be told:
// Semaphore and Latch.
//
// `Owner` makes it a friend and has lock_, waiters_ (GUARDED_BY(lock_)), and take(): whether what
// is waited for is there, and if so takes it; called under lock_.
#pragma once
#include <mutex>

#include "shared/unit/wait_limit.h"
#include "shared/unit/waiter_list.h"

namespace strata {

template <typename Owner>
class [[nodiscard]] ListedWait : public ParkedWait<> {
 public:
  ListedWait(Owner& owner, Unit& unit, const char* what, const WaitLimit& limit)
      : ParkedWait(unit, what, limit), owner_(&owner) {}
  bool await_ready() {
    {
      Owner& owner = *owner_;
      const std::lock_guard lock(owner.lock_);
      if (owner.take()) {
        owner_ = nullptr;
        return true;
      }
      owner.waiters_.push_back(waiter());
    }
    return park();
  }
  WaitEnd await_resume() {
    return owner_ == nullptr ? WaitEnd::kDone : ended(owner_->lock_, owner_->waiters_);
  }

 private:
  Owner* owner_;  // Null: there was nothing to wait for.
};

}  // namespace strata
