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
#include <mutex>

#include "shared/os/clock.h"
#include "shared/sync/spin_lock.h"
#include "shared/unit/carrier.h"
#include "shared/unit/unit.h"
#include "shared/unit/waiter.h"
#include "shared/unit/waiter_list.h"

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
    Entry* previous = this;  // Itself: it is not listed.
    Entry() = default;
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    ~Entry() = default;
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

// Passed by value: a reference would make the caller's frame keep the temporary while it waits.
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

  // Once it is over: how. Unless that is kDone, calls take_out(), which takes the waiter from where
  // wakers look. Throws UnitCancelled.
  template <typename TakeOut>
  WaitEnd ended(TakeOut take_out) {
    if (cancel_ != nullptr) {
      cancel_->remove(entry_);
    }
    const Waiter::Outcome outcome = waiter_.outcome();
    if (outcome == Waiter::Outcome::kWoken) {
      return WaitEnd::kDone;
    }
    take_out();
    if (outcome == Waiter::Outcome::kUnitsCancelled) {
      waiter_.carrier().throw_cancelled();
    }
    return outcome == Waiter::Outcome::kTimedOut ? WaitEnd::kTimedOut : WaitEnd::kCancelled;
  }
  // The same, for a waiter in that list.
  WaitEnd ended(SpinLock& lock, WaiterList<SomeWaiter>& list) {
    return ended([&] {
      const std::lock_guard guard(lock);
      list.remove(waiter_);
    });
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

// co_await pause(unit, limit): sleeps until the deadline (kTimedOut) or the cancellation
// (kCancelled), of which there is at least one.
class [[nodiscard]] Pause : public ParkedWait<> {
 public:
  Pause(Unit& unit, const WaitLimit& limit) : ParkedWait(unit, "a cancellation", limit) {}
  bool await_ready() { return park(); }
  WaitEnd await_resume() { return ended(lock_, nobody_); }

 private:
  SpinLock lock_;
  WaiterList<> nobody_;
};
inline Pause pause(Unit& unit, const WaitLimit& limit) { return {unit, limit}; }

}  // namespace strata
