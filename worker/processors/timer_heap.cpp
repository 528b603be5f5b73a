#include "worker/processors/timer_heap.h"

#include "shared/base/check.h"

namespace strata {
namespace {

Waiter& waiter_of(std::uint64_t word, std::uint64_t tag) {
  return *reinterpret_cast<Waiter*>(word & ~tag);  // NOLINT(performance-no-int-to-ptr)
}

}  // namespace

void TimerHeap::add(std::uint64_t at_ns, Runnable sleeper) {
  const std::lock_guard lock(mutex_);
  insert({at_ns, sleeper.word()});
}

void TimerHeap::add(Waiter& waiter) {
  const std::lock_guard lock(mutex_);
  insert({waiter.deadline_ns(), reinterpret_cast<std::uintptr_t>(&waiter) | kWaiter});
}

void TimerHeap::remove(Waiter& waiter) {
  const std::lock_guard lock(mutex_);
  if (waiter.timer != Waiter::kNoTimer) {
    take_out(waiter.timer);
    waiter.timer = Waiter::kNoTimer;
    tell_earliest();
  }
}

bool TimerHeap::take_due(std::uint64_t now_ns, std::size_t most, Due& due) {
  const std::lock_guard lock(mutex_);
  std::size_t taken = 0;
  while (!heap_.empty() && heap_.front().at_ns <= now_ns && taken < most) {
    const std::uint64_t word = heap_.front().word;
    take_out(0);
    ++taken;
    if ((word & kWaiter) == 0) {
      due.sleepers.push_back(Runnable::of_word(word));
      continue;
    }
    // Under the lock: whoever else settles the wait must pass through remove() before its unit can
    // go on, so the waiter is there.
    Waiter& waiter = waiter_of(word, kWaiter);
    waiter.timer = Waiter::kNoTimer;
    if (waiter.settle(Waiter::Outcome::kTimedOut)) {
      due.waiters.push_back(&waiter);
    }
  }
  tell_earliest();
  return !heap_.empty() && heap_.front().at_ns <= now_ns;
}

std::size_t TimerHeap::size() const {
  const std::lock_guard lock(mutex_);
  return heap_.size();
}

void TimerHeap::put(std::size_t at, const Entry& entry) {
  heap_[at] = entry;
  if ((entry.word & kWaiter) != 0) {
    waiter_of(entry.word, kWaiter).timer = static_cast<std::uint32_t>(at);
  }
}

void TimerHeap::insert(const Entry& entry) {
  STRATA_CHECK(heap_.size() < Waiter::kNoTimer, heap_.size());
  heap_.push_back(entry);
  sift_up(heap_.size() - 1, entry);
  tell_earliest();
}

void TimerHeap::take_out(std::size_t at) {
  const Entry last = heap_.back();
  heap_.pop_back();
  if (at == heap_.size()) {
    return;
  }
  if (at > 0 && last.at_ns < heap_[(at - 1) / 2].at_ns) {
    sift_up(at, last);
  } else {
    sift_down(at, last);
  }
}

void TimerHeap::sift_up(std::size_t at, const Entry& entry) {
  while (at > 0 && entry.at_ns < heap_[(at - 1) / 2].at_ns) {
    put(at, heap_[(at - 1) / 2]);
    at = (at - 1) / 2;
  }
  put(at, entry);
}

void TimerHeap::sift_down(std::size_t at, const Entry& entry) {
  for (;;) {
    std::size_t child = 2 * at + 1;
    if (child >= heap_.size()) {
      break;
    }
    if (child + 1 < heap_.size() && heap_[child + 1].at_ns < heap_[child].at_ns) {
      ++child;
    }
    if (entry.at_ns <= heap_[child].at_ns) {
      break;
    }
    put(at, heap_[child]);
    at = child;
  }
  put(at, entry);
}

void TimerHeap::tell_earliest() {
  earliest_ns_.store(heap_.empty() ? UINT64_MAX : heap_.front().at_ns, std::memory_order_relaxed);
}

}  // namespace strata
