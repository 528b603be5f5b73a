// A lock for critical sections of a few instructions, inside primitives that units wait with.
//
// It is safe where a green thread or a coroutine may come from any OS thread: it belongs to whoever
// took it, is never held across a suspension, and nothing that may block is done under it. So a
// waiter waits for an OS thread that runs, or was preempted for a moment: it pauses briefly, then
// yields its core to that one. A futex was considered: its release must be an exchange, since it
// has to see whether somebody sleeps, and this one is a plain store (5 ns of 40 that handing an
// item to another unit costs).
//
// Release does not touch the lock after it is free: who takes it next may destroy it.
#pragma once
#include <sched.h>

#include <atomic>

#include "shared/sync/pause.h"

namespace strata {

class SpinLock {
 public:
  SpinLock() = default;
  SpinLock(const SpinLock&) = delete;
  SpinLock& operator=(const SpinLock&) = delete;
  ~SpinLock() = default;

  void lock() {
    // Acquire: pairs with the release in unlock().
    if (held_.exchange(true, std::memory_order_acquire)) [[unlikely]] {
      lock_slowly();
    }
  }
  void unlock() { held_.store(false, std::memory_order_release); }

 private:
  [[gnu::noinline]] void lock_slowly() {
    constexpr int kPauses = 64;  // As event_count.cpp: enough for an owner that runs.
    for (int i = 0;; ++i) {
      // Relaxed: only says that another exchange is worth it.
      if (!held_.load(std::memory_order_relaxed) &&
          !held_.exchange(true, std::memory_order_acquire)) {
        return;
      }
      if (i < kPauses) {
        cpu_pause();
      } else {
        sched_yield();
      }
    }
  }

  std::atomic<bool> held_{false};
};

}  // namespace strata
