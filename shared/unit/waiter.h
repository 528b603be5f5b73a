// Waiter: one wait of one unit for something that another unit, a clock or a cancellation brings.
// Mutex, Channel, Semaphore and Latch are written over it once, for every executor.
//
// The waiting side, in an awaiter that lies in the unit's frame:
//   1. it makes a Waiter and puts it where wakers look (a list under the primitive's lock);
//   2. it parks: `carrier.park(waiter)`, then, if that returned false, `park_later(waiter, frame)`;
//   3. resumed, it reads outcome(). Unless that is kWoken it takes the waiter out of the list
//   itself.
// The waking side:
//   1. it takes the waiter out of the list under the lock, and calls settle(kWoken) there;
//   2. where that returned true, and after the lock, it calls `carrier().unpark(waiter)`, once.
// The deadline and a cancellation settle in the same way: the first to settle decides, and exactly
// one unpark() follows. It may come before the park() that it ends.
//
// What is parked also stands in a ParkedList, from park() to the end of the Waiter: so that all
// waits can be ended together when a unit has failed, and be told of when nobody can end them.
//
// A Waiter dies as soon as its unit resumes: after unpark() nobody may touch it.
#pragma once
#include <atomic>
#include <coroutine>
#include <cstdint>
#include <mutex>

#include "shared/sync/owner_lock.h"

namespace strata {

class Carrier;
class ParkedList;

inline constexpr std::uint64_t kNoDeadline = UINT64_MAX;

class Waiter {
 public:
  enum class Outcome : std::uint32_t {
    kWaiting,
    kWoken,
    kTimedOut,
    kCancelled,
    kUnitsCancelled  // Carrier::cancel_units()
  };

  // `what` names what is waited for, in reports of a deadlock ("a mutex"); it outlives the waiter.
  // `deadline_ns`: on the clock of now_ns(); the executor settles with kTimedOut when it has
  // passed.
  Waiter(Carrier& carrier, std::uint64_t unit, const char* what,
         std::uint64_t deadline_ns = kNoDeadline)
      : carrier_(&carrier), unit_(unit), what_(what), deadline_ns_(deadline_ns) {}
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  ~Waiter();

  // True for the one call that decides how the wait ends.
  [[nodiscard]] bool settle(Outcome outcome) {
    Outcome expected = Outcome::kWaiting;
    // Acq_rel: what the settler did before is seen by the unit after its wait, through outcome().
    return outcome_.compare_exchange_strong(expected, outcome, std::memory_order_acq_rel,
                                            std::memory_order_acquire);
  }
  [[nodiscard]] Outcome outcome() const {
    return outcome_.load(std::memory_order_acquire);  // Pairs with settle().
  }

  [[nodiscard]] Carrier& carrier() const { return *carrier_; }
  [[nodiscard]] std::uint64_t unit() const { return unit_; }
  [[nodiscard]] const char* what() const { return what_; }
  [[nodiscard]] std::uint64_t deadline_ns() const { return deadline_ns_; }

  // Its end comes from outside, as bytes on a socket do: it is in no deadlock.
  void comes_from_outside() { from_outside_ = true; }
  [[nodiscard]] bool from_outside() const { return from_outside_; }

  // For the primitive's list; guarded by its lock.
  Waiter* next = nullptr;
  Waiter* previous = nullptr;

  // For the executor. How far park() and unpark() have come: 0 at the start; the rest is its own.
  std::atomic<std::uint32_t> progress{0};
  static constexpr std::uint32_t kNoTimer = UINT32_MAX;
  std::uint32_t timer = kNoTimer;  // Where its deadline lies among timers.
  std::coroutine_handle<> frame;   // park_later()'s, or what else its executor keeps of it
  ParkedList* list = nullptr;      // Where it was parked.

 private:
  friend ParkedList;

  Carrier* carrier_;
  std::uint64_t unit_;
  const char* what_;
  std::uint64_t deadline_ns_;
  std::atomic<Outcome> outcome_{Outcome::kWaiting};
  bool from_outside_ = false;
  bool listed_ = false;  // GUARDED_BY(the list's lock), as the next two.
  Waiter* listed_after_ = nullptr;
  Waiter* listed_before_ = nullptr;
};

// The waiters that were parked at one place: a processor, or an executor of OS threads.
class ParkedList {
 public:
  // `owner`: for the executor, whose list it is.
  explicit ParkedList(void* owner = nullptr) : owner_(owner) {}
  ParkedList(const ParkedList&) = delete;
  ParkedList& operator=(const ParkedList&) = delete;
  ~ParkedList() = default;

  // Before anybody uses it: whether several threads do.
  void set_shared(bool shared) { lock_.set_shared(shared); }
  [[nodiscard]] void* owner() const { return owner_; }

  // By the unit that parks, once a waiter.
  void add(Waiter& waiter) {
    waiter.list = this;
    const std::lock_guard lock(lock_);
    waiter.listed_ = true;
    waiter.listed_before_ = first_;
    if (first_ != nullptr) {
      first_->listed_after_ = &waiter;
    }
    first_ = &waiter;
  }
  // By its unit, which goes on.
  void remove(Waiter& waiter) {
    const std::lock_guard lock(lock_);
    if (waiter.listed_) {
      unlink(waiter);
    }
  }
  // Calls f(waiter) for all whose wait goes on at this moment. None is gone before it returns.
  template <typename F>
  void for_each_waiting(F f) {
    const std::lock_guard lock(lock_);
    for (Waiter* waiter = first_; waiter != nullptr; waiter = waiter->listed_before_) {
      if (waiter->outcome() == Waiter::Outcome::kWaiting) {
        f(*waiter);
      }
    }
  }
  // Ends all these waits with kUnitsCancelled.
  void cancel_all();

 private:
  void unlink(Waiter& waiter) {
    waiter.listed_ = false;
    (waiter.listed_after_ != nullptr ? waiter.listed_after_->listed_before_ : first_) =
        waiter.listed_before_;
    if (waiter.listed_before_ != nullptr) {
      waiter.listed_before_->listed_after_ = waiter.listed_after_;
    }
    waiter.listed_after_ = nullptr;
  }

  void* const owner_;
  OwnerLock lock_;
  Waiter* first_ = nullptr;  // GUARDED_BY(lock_): parked last
};

inline Waiter::~Waiter() {
  if (list != nullptr) {
    list->remove(*this);
  }
}

}  // namespace strata
