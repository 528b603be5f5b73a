// The global interpreter lock of CPython 3.11 (ceval_gil.h), in C++: one lock that a unit must hold
// to run.
//
// Whoever wants it waits for the switch interval on a condition; when nobody has taken the lock
// during that time, it asks the holder to drop it. The holder looks at this request at its
// checkpoints, drops the lock, and then waits until another thread has taken it. Without that
// forced switch the holder, which is running, would nearly always win the lock back before the
// other thread is awake (the "new GIL" of Python 3.2 against the old one).
//
// An ordinary mutex is not a model of this: it has neither the interval, which is what makes a
// sleeper beside a busy thread wake 5 ms late, nor the forced switch.
//
// (1) locked_ is written under mutex_; holder_ under mutex_ and switch_mutex_ (in this order).
// (2) A request is made only by a thread that waits in take(), and withdrawn by whoever takes the
//     lock next: so a dropper that sees a request never waits in vain for the switch.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace strata {

class Gil {
 public:
  // How long a waiter waits before it asks; CPython's sys.setswitchinterval(). At least 1 us.
  explicit Gil(std::chrono::microseconds interval);
  Gil(const Gil&) = delete;
  Gil& operator=(const Gil&) = delete;
  ~Gil() = default;

  // Blocks until the calling thread holds the lock, which it does not yet.
  void take();
  // By the holder.
  void drop();
  // By the holder: drops the lock and takes it again if that was asked for. Cheap otherwise: one
  // load, every few microseconds of work.
  void checkpoint() {
    // Relaxed: only says that it is time to drop(); what it means is settled under the mutexes.
    if (drop_request_.load(std::memory_order_relaxed)) [[unlikely]] {
      drop();
      take();
    }
  }
  // How often the lock went to another thread than its last holder.
  [[nodiscard]] std::uint64_t switches() const;

 private:
  const std::chrono::microseconds interval_;
  mutable std::mutex mutex_;
  std::condition_variable free_;  // locked_ became false.
  bool locked_ = false;           // GUARDED_BY(mutex_)
  std::uint64_t switches_ = 0;    // GUARDED_BY(mutex_)
  std::atomic<bool> drop_request_{false};

  std::mutex switch_mutex_;
  std::condition_variable switched_;  // holder_ became another.
  const void* holder_ = nullptr;      // The last; GUARDED_BY(switch_mutex_)
};

// Drops the lock for as long as the object lives.
class GilDropped {
 public:
  explicit GilDropped(Gil& gil) : gil_(gil) { gil_.drop(); }
  GilDropped(const GilDropped&) = delete;
  GilDropped& operator=(const GilDropped&) = delete;
  ~GilDropped() { gil_.take(); }

 private:
  Gil& gil_;
};

}  // namespace strata
