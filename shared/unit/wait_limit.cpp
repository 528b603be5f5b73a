#include "shared/unit/wait_limit.h"

#include <mutex>
#include <utility>

namespace strata {

void CancelSource::cancel() {
  Entry* due = nullptr;
  {
    const std::lock_guard lock(lock_);
    // Release: what the canceller did before is seen by who finds it cancelled.
    cancelled_.store(true, std::memory_order_release);
    while (first_ != nullptr) {
      Entry& entry = *first_;
      unlink(entry);
      // One that was settled in another way may resume at once; it waits for lock_ in remove().
      if (entry.waiter->settle(Waiter::Outcome::kCancelled)) {
        entry.next = std::exchange(due, &entry);
      }
    }
  }
  while (due != nullptr) {
    Waiter& waiter = *std::exchange(due, due->next)->waiter;  // Read before it may be gone.
    waiter.carrier().unpark(waiter);
  }
}

bool CancelSource::add(Entry& entry) {
  const std::lock_guard lock(lock_);
  // Relaxed: written under the same lock.
  if (cancelled_.load(std::memory_order_relaxed)) {
    return false;
  }
  entry.previous = nullptr;
  entry.next = first_;
  if (first_ != nullptr) {
    first_->previous = &entry;
  }
  first_ = &entry;
  return true;
}

void CancelSource::remove(Entry& entry) {
  const std::lock_guard lock(lock_);
  if (entry.previous != &entry) {
    unlink(entry);
  }
}

void CancelSource::unlink(Entry& entry) {
  (entry.previous != nullptr ? entry.previous->next : first_) = entry.next;
  if (entry.next != nullptr) {
    entry.next->previous = entry.previous;
  }
  entry.previous = &entry;
}

}  // namespace strata
