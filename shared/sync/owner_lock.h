// The lock of what one processor owns and others seldom take from: held for a few instructions, by
// its owner nearly always.
//
// Owner and thief meet once in thousands of operations, so what counts is the price when nobody is
// there: one exchange, 2.4 ns. A Chase-Lev deque, the usual way, pays the same for its fence in
// pop(), and is neither first-in-first-out nor lets a thief take half. With one processor there are
// no thieves and the lock does nothing.
#pragma once
#include <sched.h>

#include <atomic>

#include "shared/sync/pause.h"

namespace strata {

class OwnerLock {
 public:
  // Before anybody uses it.
  void set_shared(bool shared) { shared_ = shared; }

  void lock() {
    // Acquire: pairs with unlock().
    if (shared_ && held_.exchange(true, std::memory_order_acquire)) [[unlikely]] {
      lock_slowly();
    }
  }
  void unlock() {
    if (shared_) {
      held_.store(false, std::memory_order_release);
    }
  }
  [[nodiscard]] bool shared() const { return shared_; }

 private:
  [[gnu::noinline]] void lock_slowly() {
    constexpr int kPauses = 64;
    do {
      // The holder has a handful of instructions left, unless its thread is off its core.
      for (int i = 0; held_.load(std::memory_order_relaxed); ++i) {
        if (i < kPauses) {
          cpu_pause();
        } else {
          sched_yield();
        }
      }
    } while (held_.exchange(true, std::memory_order_acquire));
  }

  std::atomic<bool> held_{false};
  bool shared_ = false;  // Immutable while the lock is in use.
};

}  // namespace strata
