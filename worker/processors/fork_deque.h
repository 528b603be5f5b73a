// The parents whose children run: pushed and popped by the processor's holder, stolen by others
// from the other end, oldest first.
//
// Chase and Lev's deque (SPAA 2005), with the memory orders of Le, Pop, Cohen and Nardelli (PPoPP
// 2013) but for one thing: the full fence of the owner's pop is the light side of an asymmetric
// one. A tree of a million tasks pops a million times and is stolen from some twenty times; with
// WorkDeque, whose both ends pay, fib(32) took 25 % longer.
//
// (1) Only the owner writes bottom_. top_ only grows, by compare-and-swap of whoever takes the item
//     there.
// (2) The items are those at positions [top_, bottom_). A position is never used twice.
// (3) An item is written before the bottom_ that publishes it.
// (4) The owner lowers bottom_ before it reads top_, a thief reads top_ before bottom_: with the
//     fences between, one of them sees the other.
// (5) An outgrown array stays until the deque ends: a thief may still read from it.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "shared/sync/asymmetric_fence.h"
#include "worker/processors/runnable.h"

namespace strata {

class ForkDeque {
 public:
  ForkDeque() { adopt(std::make_unique<Array>(256)); }
  ForkDeque(const ForkDeque&) = delete;
  ForkDeque& operator=(const ForkDeque&) = delete;
  ~ForkDeque() = default;

  // Whether anybody steals. Before anybody uses it.
  void set_shared(bool shared) { shared_ = shared; }

  // Owner.
  [[gnu::always_inline]] void push(Runnable parent) {
    const std::int64_t bottom = bottom_.load(std::memory_order_relaxed);  // Ours (1).
    if (bottom >= full_at_) [[unlikely]] {
      make_room(bottom);
    }
    slots_[static_cast<std::size_t>(bottom) & mask_].store(parent.word(),
                                                           std::memory_order_relaxed);
    bottom_.store(bottom + 1, std::memory_order_release);  // (3), with the load in take().
  }
  // Owner: takes what was pushed last if it is `parent`.
  bool pop(Runnable parent) { return pop_last(parent) == parent; }
  // Owner: takes what was pushed last, or nothing.
  Runnable pop() { return pop_last({}); }
  // Owner: takes the oldest, or nothing.
  Runnable take_oldest() { return take(top_.load(std::memory_order_acquire)); }

  // Any thread: takes the oldest. Nothing also when somebody else was faster.
  Runnable steal() {
    const std::int64_t top = top_.load(std::memory_order_acquire);
    if (top >= bottom_.load(std::memory_order_relaxed)) {
      return {};  // Without the price of the fence. It seems empty, and need not be.
    }
    heavy_fence();  // (4), after the read of top_ and before that of bottom_ which counts.
    return take(top);
  }
  // Any thread, a moment ago: whether there is something, and (until it is taken) which.
  [[nodiscard]] bool seems_empty() const {
    return top_.load(std::memory_order_acquire) >= bottom_.load(std::memory_order_acquire);
  }
  // Any thread: how many have been stolen so far. Unchanged: what was oldest still is.
  [[nodiscard]] std::int64_t stolen() const { return top_.load(std::memory_order_relaxed); }
  // Any thread, a moment ago: how often it was pushed to, less popped from.
  [[nodiscard]] std::int64_t end() const { return bottom_.load(std::memory_order_relaxed); }

 private:
  class Array {
   public:
    explicit Array(std::size_t capacity) : mask_(capacity - 1), items_(capacity) {}
    [[nodiscard]] std::atomic<std::uint64_t>* slots() { return items_.data(); }
    [[nodiscard]] std::size_t mask() const { return mask_; }
    [[nodiscard]] std::int64_t capacity() const { return static_cast<std::int64_t>(mask_ + 1); }
    // Relaxed: bottom_, top_ and array_ order what is taken from here (2, 3).
    void put(std::int64_t at, Runnable item) {
      items_[static_cast<std::size_t>(at) & mask_].store(item.word(), std::memory_order_relaxed);
    }
    [[nodiscard]] Runnable get(std::int64_t at) const {
      return Runnable::of_word(
          items_[static_cast<std::size_t>(at) & mask_].load(std::memory_order_relaxed));
    }

   private:
    std::size_t mask_;
    std::vector<std::atomic<std::uint64_t>> items_;
  };

  // `only`: whatever it is, when that is nothing. Gives what was taken.
  [[gnu::always_inline]] Runnable pop_last(Runnable only) {
    const std::int64_t bottom = bottom_.load(std::memory_order_relaxed) - 1;
    bottom_.store(bottom, std::memory_order_relaxed);
    if (shared_) {
      light_fence();  // (4)
    }
    std::int64_t top = top_.load(std::memory_order_acquire);
    if (top > bottom) {
      bottom_.store(bottom + 1, std::memory_order_relaxed);  // It was empty, and is as it was.
      return {};
    }
    const Runnable item = Runnable::of_word(
        slots_[static_cast<std::size_t>(bottom) & mask_].load(std::memory_order_relaxed));
    if (only && item != only) [[unlikely]] {
      bottom_.store(bottom + 1, std::memory_order_release);
      return {};
    }
    if (top < bottom || !shared_) {
      return item;
    }
    // The last one: thieves may be after it too (1).
    const bool won = top_.compare_exchange_strong(top, top + 1, std::memory_order_seq_cst,
                                                  std::memory_order_relaxed);
    bottom_.store(bottom + 1, std::memory_order_relaxed);
    return won ? item : Runnable{};
  }

  // Takes the item at `top`, if top_ still is that and there is one.
  Runnable take(std::int64_t top) {
    // Acquire: the item (3), and the array.
    if (top >= bottom_.load(std::memory_order_acquire)) {
      return {};
    }
    const Runnable item = array_.load(std::memory_order_acquire)->get(top);
    return top_.compare_exchange_strong(top, top + 1, std::memory_order_seq_cst,
                                        std::memory_order_relaxed)
               ? item
               : Runnable{};
  }

  void adopt(std::unique_ptr<Array> array) {
    slots_ = array->slots();
    mask_ = array->mask();
    arrays_.push_back(std::move(array));
    // Release: publishes the items copied before, to the acquire in take().
    array_.store(arrays_.back().get(), std::memory_order_release);
  }
  // Owner: so that the item at `bottom` has a place.
  [[gnu::noinline]] void make_room(std::int64_t bottom) {
    // Acquire: pairs with the thieves' compare-and-swap; they have read what will be overwritten.
    const std::int64_t top = top_.load(std::memory_order_acquire);
    const Array& array = *arrays_.back();
    if (bottom - top >= array.capacity()) {
      auto bigger = std::make_unique<Array>(static_cast<std::size_t>(array.capacity()) * 2);
      for (std::int64_t at = top; at < bottom; ++at) {
        bigger->put(at, array.get(at));
      }
      adopt(std::move(bigger));
    }
    full_at_ = top + arrays_.back()->capacity();
  }

  // On lines of their own: thieves write top_, the owner bottom_.
  alignas(64) std::atomic<std::int64_t> top_{0};
  alignas(64) std::atomic<std::int64_t> bottom_{0};
  std::int64_t full_at_ = 0;  // Owner's: where there is no room, as far as it knows.
  // Owner's: of the array in use.
  std::atomic<std::uint64_t>* slots_ = nullptr;
  std::size_t mask_ = 0;
  std::atomic<Array*> array_{nullptr};          // For thieves.
  bool shared_ = false;                         // Immutable while it is in use.
  std::vector<std::unique_ptr<Array>> arrays_;  // Owner's; all of them, the last is in use (5).
};

}  // namespace strata
