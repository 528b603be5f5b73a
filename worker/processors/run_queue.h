// A queue of runnables, first in, first out, that grows. No thread safety of its own: a processor's
// lies under its lock.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "worker/processors/runnable.h"

namespace strata {

class RunQueue {
 public:
  void push(Runnable runnable) {
    if (size() == capacity_) [[unlikely]] {
      grow();
    }
    const std::uint32_t end = end_.load(std::memory_order_relaxed);
    items_[end & mask_] = runnable;
    end_.store(end + 1, std::memory_order_relaxed);
  }
  // Nothing when it is empty.
  Runnable pop() {
    const std::uint32_t begin = begin_.load(std::memory_order_relaxed);
    if (begin == end_.load(std::memory_order_relaxed)) {
      return {};
    }
    begin_.store(begin + 1, std::memory_order_relaxed);
    return items_[begin & mask_];
  }
  // push() and then pop(), cheaper: it gives `runnable` back when there is no other.
  Runnable exchange(Runnable runnable) {
    const std::uint32_t begin = begin_.load(std::memory_order_relaxed);
    const std::uint32_t end = end_.load(std::memory_order_relaxed);
    if (begin == end) {
      return runnable;
    }
    const Runnable first = items_[begin & mask_];
    items_[end & mask_] = runnable;  // There is room: if it was full, where the first has been.
    begin_.store(begin + 1, std::memory_order_relaxed);
    end_.store(end + 1, std::memory_order_relaxed);
    return first;
  }
  // The one that pop() would give; there is one.
  [[nodiscard]] Runnable front() const {
    return items_[begin_.load(std::memory_order_relaxed) & mask_];
  }
  [[nodiscard]] bool empty() const { return size() == 0; }
  // From any thread without the lock: what it was a moment ago.
  [[nodiscard]] std::uint32_t size() const {
    // Relaxed: a hint without the lock, exact under it.
    return end_.load(std::memory_order_relaxed) - begin_.load(std::memory_order_relaxed);
  }
  // Moves the older half, rounded up, but at most `most`, to `to`.
  std::uint32_t move_half(RunQueue& to, std::uint32_t most) {
    std::uint32_t count = (size() + 1) / 2;
    count = count < most ? count : most;
    for (std::uint32_t i = 0; i < count; ++i) {
      to.push(pop());
    }
    return count;
  }

 private:
  [[gnu::noinline]] void grow() {
    const std::uint32_t capacity = capacity_ == 0 ? 256 : capacity_ * 2;
    auto bigger = std::make_unique<Runnable[]>(capacity);  // NOLINT(modernize-avoid-c-arrays)
    const std::uint32_t count = size();
    for (std::uint32_t i = 0; i < count; ++i) {
      bigger[i] = items_[(begin_.load(std::memory_order_relaxed) + i) & mask_];
    }
    begin_.store(0, std::memory_order_relaxed);
    end_.store(count, std::memory_order_relaxed);
    items_ = std::move(bigger);
    capacity_ = capacity;
    mask_ = capacity - 1;
  }

  std::unique_ptr<Runnable[]> items_;  // NOLINT(modernize-avoid-c-arrays): capacity_ of them
  std::uint32_t capacity_ = 0;
  std::uint32_t mask_ = 0;
  std::atomic<std::uint32_t> begin_{0};
  std::atomic<std::uint32_t> end_{0};
};

}  // namespace strata
