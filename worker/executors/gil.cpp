#include "worker/executors/gil.h"

#include <algorithm>

#include "shared/base/check.h"

namespace strata {
namespace {

// Its address tells living threads apart. Inline in no caller: a unit stays on its thread here.
thread_local const char this_thread = 0;

}  // namespace

Gil::Gil(std::chrono::microseconds interval)
    : interval_(std::max(interval, std::chrono::microseconds(1))) {}

void Gil::take() {
  std::unique_lock lock(mutex_);
  while (locked_) {
    const std::uint64_t switches = switches_;
    const bool timed_out = free_.wait_for(lock, interval_) == std::cv_status::timeout;
    if (timed_out && locked_ && switches_ == switches) {
      drop_request_.store(true, std::memory_order_relaxed);  // Read by checkpoint() and drop().
    }
  }
  {
    const std::lock_guard switch_lock(switch_mutex_);
    locked_ = true;
    if (holder_ != &this_thread) {
      holder_ = &this_thread;
      ++switches_;
    }
    switched_.notify_one();
  }
  drop_request_.store(false, std::memory_order_relaxed);  // (2)
}

void Gil::drop() {
  {
    const std::lock_guard lock(mutex_);
    STRATA_CHECK(locked_, "the lock is dropped by a thread that does not hold it");
    locked_ = false;
    free_.notify_one();
  }
  // Relaxed: as in checkpoint(). One that comes after this look is seen by the next holder.
  if (drop_request_.load(std::memory_order_relaxed)) {
    std::unique_lock lock(switch_mutex_);
    if (holder_ == &this_thread) {
      drop_request_.store(false, std::memory_order_relaxed);
      switched_.wait(lock, [this] { return holder_ != &this_thread; });
    }
  }
}

std::uint64_t Gil::switches() const {
  const std::lock_guard lock(mutex_);
  return switches_;
}

}  // namespace strata
