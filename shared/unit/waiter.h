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
// A Waiter dies as soon as its unit resumes: after unpark() nobody may touch it.
#pragma once
#include <atomic>
#include <coroutine>
#include <cstdint>

namespace strata {

class Carrier;

inline constexpr std::uint64_t kNoDeadline = UINT64_MAX;

class Waiter {
 public:
  enum class Outcome : std::uint32_t { kWaiting, kWoken, kTimedOut, kCancelled };

  // `what` names what is waited for, in reports of a deadlock ("a mutex"); it outlives the waiter.
  // `deadline_ns`: on the clock of now_ns(); the executor settles with kTimedOut when it has
  // passed.
  Waiter(Carrier& carrier, std::uint64_t unit, const char* what,
         std::uint64_t deadline_ns = kNoDeadline)
      : carrier_(&carrier), unit_(unit), what_(what), deadline_ns_(deadline_ns) {}
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  ~Waiter() = default;

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

  // For the primitive's list; guarded by its lock.
  Waiter* next = nullptr;
  Waiter* previous = nullptr;

  // For the executor. How far park() and unpark() have come: 0 at the start; the rest is its own.
  std::atomic<std::uint32_t> progress{0};
  static constexpr std::uint32_t kNoTimer = UINT32_MAX;
  std::uint32_t timer = kNoTimer;  // Where its deadline lies among timers.
  std::coroutine_handle<> frame;   // park_later()'s
  void* parked = nullptr;          // Whatever else it keeps of a parked unit.

 private:
  Carrier* carrier_;
  std::uint64_t unit_;
  const char* what_;
  std::uint64_t deadline_ns_;
  std::atomic<Outcome> outcome_{Outcome::kWaiting};
};

}  // namespace strata
