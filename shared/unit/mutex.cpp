#include "shared/unit/mutex.h"

#include <mutex>

#include "shared/base/check.h"

namespace strata {

// One try of a waiting unit: takes the mutex, or waits until it is handed it or woken to try again.
class Mutex::Turn : public ParkedWait<LockWaiter> {
 public:
  Turn(Mutex& mutex, Unit& unit, const WaitLimit& limit, bool was_woken)
      : ParkedWait(unit, "a mutex", limit), mutex_(mutex), was_woken_(was_woken) {}
  bool await_ready() {
    {
      const std::lock_guard lock(mutex_.lock_);
      if (was_woken_) {
        mutex_.woken_ = false;
      }
      if (!mutex_.held_) {
        mutex_.held_ = true;
        end_ = WaitEnd::kDone;
        return true;
      }
      waiter().passed_by = was_woken_;
      if (was_woken_) {
        mutex_.waiters_.push_front(waiter());
      } else {
        mutex_.waiters_.push_back(waiter());
      }
    }
    return park();
  }
  // Nothing: try again.
  std::optional<WaitEnd> await_resume() {
    if (end_) {
      return end_;
    }
    const WaitEnd end = ended(mutex_.lock_, mutex_.waiters_);
    return end != WaitEnd::kDone || waiter().handed ? std::optional(end) : std::nullopt;
  }

 private:
  Mutex& mutex_;
  const bool was_woken_;
  std::optional<WaitEnd> end_;
};

Co<WaitEnd> Mutex::lock_slowly(Unit& unit, WaitLimit limit) {
  for (bool was_woken = false;; was_woken = true) {
    const std::optional<WaitEnd> end = co_await Turn(*this, unit, limit, was_woken);
    if (end) {
      co_return *end;
    }
  }
}

bool Mutex::try_lock() {
  const std::lock_guard lock(lock_);
  return !std::exchange(held_, true);
}

void Mutex::unlock() {
  LockWaiter* wake = nullptr;
  {
    const std::lock_guard lock(lock_);
    STRATA_CHECK(held_, "a mutex is unlocked that nobody holds");
    while (wake == nullptr && waiters_.front() != nullptr && waiters_.front()->passed_by) {
      LockWaiter& first = *waiters_.front();
      waiters_.remove(first);
      if (first.settle(Waiter::Outcome::kWoken)) {
        first.handed = true;  // Seen by it after its unpark().
        wake = &first;
      }
    }
    if (wake == nullptr) {
      held_ = false;
      if (!woken_) {
        wake = waiters_.pop_settled();
        woken_ = wake != nullptr;
      }
    }
  }
  if (wake != nullptr) {
    wake->carrier().unpark(*wake);
  }
}

}  // namespace strata
