// How long a unit is willing to wait, how its waiting ends, and what the awaiters of Mutex,
// Channel, Semaphore, Latch and Descriptor have in common.
//
//     CancelSource over;
//     if (co_await mutex.lock(unit, within(5ms)) == WaitEnd::kTimedOut) ...
//     if (co_await mutex.lock(unit, {.cancel = &over}) == WaitEnd::kCancelled) ...
//
// What can be had at once is had, whatever the limit says.
#pragma once
#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstdint>

#include "shared/os/clock.h"
#include "shared/sync/spin_lock.h"
#include "shared/unit/carrier.h"
#include "shared/unit/unit.h"
#include "shared/unit/waiter.h"

namespace strata {

enum class WaitEnd : std::uint8_t {
  kDone,      // It got what it waited for.
  kClosed,    // Channels and descriptors alone: there is nothing more to come.
  kTimedOut,  // The deadline has passed.
  kCancelled
};

// Ends the waits of any number of units, now and in future. Outlives every wait that it is given
// to. Any thread, unit or not.
class CancelSource {
 public:
  CancelSource() = default;
  CancelSource(const CancelSource&) = delete;
  CancelSource& operator=(const CancelSource&) = delete;
  ~CancelSource() = default;

  void cancel();
  [[nodiscard]] bool cancelled() const {
    return cancelled_.load(std::memory_order_acquire);  // Pairs with cancel().
  }

  // For awaiters: one wait that cancel() may end. It lies in the awaiter.
  struct Entry {
    Waiter* waiter = nullptr;
    Entry* next = nullptr;
    Entry* previous = nullptr;
    bool listed = false;
  };
  // False: it is cancelled already, and the entry was not added.
  [[nodiscard]] bool add(Entry& entry);
  // Nothing when it is not listed. After it the entry may go.
  void remove(Entry& entry);

 private:
  void unlink(Entry& entry);

  SpinLock lock_;
  std::atomic<bool> cancelled_{false};  // Written under lock_.
  Entry* first_ = nullptr;              // GUARDED_BY(lock_), with every listed entry's fields.
};

struct WaitLimit {
  std::uint64_t deadline_ns = kNoDeadline;  // On the clock of now_ns()
  CancelSource* cancel = nullptr;
};
inline WaitLimit within(std::chrono::nanoseconds duration) {
  return {.deadline_ns = now_ns() + static_cast<std::uint64_t>(duration.count())};
}

// The half of an awaiter that waits. A derived class puts waiter() into its primitive's list under
// the lock, calls park() after it, and in await_resume() asks ended().
template <typename SomeWaiter = Waiter>
class ParkedWait {
 public:
  ParkedWait(Unit& unit, const char* what, const WaitLimit& limit)
      : waiter_(unit.carrier(), unit.index(), what, limit.deadline_ns), cancel_(limit.cancel) {}
  ParkedWait(const ParkedWait&) = delete;
  ParkedWait& operator=(const ParkedWait&) = delete;
  ~ParkedWait() = default;

  void await_suspend(std::coroutine_handle<> self) { waiter_.carrier().park_later(waiter_, self); }

 protected:
  SomeWaiter& waiter() { return waiter_; }

  // As await_ready(): true when the wait is over.
  bool park() { return cancelled_before() || waiter_.carrier().park(waiter_); }
  // The same where the carrier blocks its thread until `fd` is ready for `events` of poll(2).
  bool park_in_poll(int fd, short events) {
    if (cancel_ != nullptr) {
      waiter_.carrier().prepare_to_poll(waiter_);
    }
    return cancelled_before() || waiter_.carrier().park_in_poll(waiter_, fd, events);
  }

  // Once it is over. Unless it is kDone the derived class takes its waiter out of the list.
  WaitEnd ended() {
    if (cancel_ != nullptr) {
      cancel_->remove(entry_);
    }
    switch (waiter_.outcome()) {
      case Waiter::Outcome::kTimedOut:
        return WaitEnd::kTimedOut;
      case Waiter::Outcome::kCancelled:
        return WaitEnd::kCancelled;
      default:
        return WaitEnd::kDone;
    }
  }

 private:
  bool cancelled_before() {
    if (cancel_ == nullptr) {
      return false;
    }
    entry_.waiter = &waiter_;
    // Where we settle it ourselves nobody unparks it. Otherwise somebody will.
    return !cancel_->add(entry_) && waiter_.settle(Waiter::Outcome::kCancelled);
  }

  SomeWaiter waiter_;
  CancelSource* cancel_;
  CancelSource::Entry entry_;
};

}  // namespace strata
