// Mutex: one unit at a time, whatever carries the units.
//
//     const Mutex::Guard guard = co_await mutex.guard(unit);
//
// Fairness: waiters are served in the order they came, but a unit that comes while the mutex is
// free may take it before the one that was just woken for it. A waiter is passed by in this way at
// most once: then it goes to the front, and the next unlock() hands it the mutex.
//
// Handing over at every unlock() is fairer and was rejected: the owner that wants the mutex again
// at once, as in a loop that counts, then sleeps at every turn. On OS threads that is 40 us each
// time for work of 10 ns (a lock convoy), and the mutex is idle while the next owner wakes up. Here
// the owner goes on until the woken one is there. Go's mutex does the same by the clock (after 1 ms
// of waiting); counting gives the same bound without reading one.
//
// (1) held_ is true while a unit owns the mutex; handing over leaves it true.
// (2) woken_ is true from the wake of a waiter until it has tried again: there is one such at most,
//     so that a burst of unlock() wakes no herd.
// (3) While a waiter waits, the mutex is held or woken_ is true: somebody will look at the list.
#pragma once
#include <coroutine>
#include <optional>
#include <utility>

#include "shared/sync/spin_lock.h"
#include "shared/unit/co.h"
#include "shared/unit/wait_limit.h"
#include "shared/unit/waiter_list.h"

namespace strata {

class Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;
  ~Mutex() = default;

  // Unlocks at its end, if it has what it was made for.
  class [[nodiscard]] Guard {
   public:
    explicit Guard(Mutex* mutex) : mutex_(mutex) {}
    Guard(Guard&& other) noexcept : mutex_(std::exchange(other.mutex_, nullptr)) {}
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    Guard& operator=(Guard&&) = delete;
    ~Guard() {
      if (mutex_ != nullptr) {
        mutex_->unlock();
      }
    }
    // False when the limit ended the waiting.
    [[nodiscard]] explicit operator bool() const { return mutex_ != nullptr; }

   private:
    Mutex* mutex_;
  };

  class [[nodiscard]] Lock {
   public:
    Lock(Mutex& mutex, Unit& unit, const WaitLimit& limit)
        : mutex_(mutex), unit_(unit), limit_(limit) {}
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;
    ~Lock() = default;
    bool await_ready() { return mutex_.try_lock(); }
    // Waiting takes several turns: it is a coroutine of its own, which resumes ours.
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> self) {
      waiting_.emplace(mutex_.lock_slowly(unit_, limit_));
      return std::move(*waiting_).operator co_await().await_suspend(self);
    }
    WaitEnd await_resume() {
      return waiting_ ? std::move(*waiting_).operator co_await().await_resume() : WaitEnd::kDone;
    }

   protected:
    Mutex& mutex_;

   private:
    Unit& unit_;
    WaitLimit limit_;
    std::optional<Co<WaitEnd>> waiting_;
  };
  class [[nodiscard]] LockGuarded : public Lock {
   public:
    using Lock::Lock;
    Guard await_resume() {
      return Guard(Lock::await_resume() == WaitEnd::kDone ? &mutex_ : nullptr);
    }
  };

  // co_await mutex.lock(unit): kDone as the owner, or kTimedOut or kCancelled.
  Lock lock(Unit& unit, WaitLimit limit = {}) { return {*this, unit, limit}; }
  // The same with a Guard.
  LockGuarded guard(Unit& unit, WaitLimit limit = {}) { return {*this, unit, limit}; }
  [[nodiscard]] bool try_lock();
  // By the owner.
  void unlock();

 private:
  struct LockWaiter : Waiter {
    using Waiter::Waiter;
    bool passed_by = false;  // It was woken once and came too late.
    bool handed = false;     // It owns the mutex.
  };
  class Turn;
  Co<WaitEnd> lock_slowly(Unit& unit, WaitLimit limit);

  SpinLock lock_;
  bool held_ = false;               // GUARDED_BY(lock_), and so are:
  bool woken_ = false;              // (2)
  WaiterList<LockWaiter> waiters_;  // Those passed by are in front.
};

}  // namespace strata
