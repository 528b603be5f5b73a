// A deque of 64-bit items that one owner pushes and pops at the bottom and any thread steals from
// the top: Chase and Lev's, with the memory orders of Le, Pop, Cohen and Nardelli (PPoPP 2013).
// Their two fences are expressed as seq_cst on the accesses beside them, because thread sanitizers
// do not follow fences.
//
// One thread is the owner and calls push() and pop(); any thread calls steal() and seems_empty().
//
// (1) Only the owner writes bottom_. top_ only grows, by compare-and-swap of whoever takes the item
//     there: a thief, or the owner when it takes the last one.
// (2) The items are those at positions [top_, bottom_). A position is never used twice, so a thief
//     that read an old item fails its compare-and-swap.
// (3) An item is written before the bottom_ that publishes it.
// (4) An outgrown array stays until the deque ends: a thief may still read from it, and finds there
//     what (2) lets it take.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace strata {

class WorkDeque {
 public:
  using Item = std::uint64_t;

  // `capacity`: a power of two; the deque doubles when it is full.
  explicit WorkDeque(std::size_t capacity = 64) { adopt(std::make_unique<Array>(capacity)); }
  WorkDeque(const WorkDeque&) = delete;
  WorkDeque& operator=(const WorkDeque&) = delete;
  ~WorkDeque() = default;

  // Owner. The store of bottom_ is seq_cst so that the owner may look afterwards whether somebody
  // sleeps who said so (seq_cst) before finding the deque empty.
  void push(Item item) {
    // Relaxed: bottom_ is ours (1).
    const std::int64_t bottom = bottom_.load(std::memory_order_relaxed);
    // Acquire: pairs with the thieves' compare-and-swap; they have read what we overwrite.
    const std::int64_t top = top_.load(std::memory_order_acquire);
    Array* array = array_.load(std::memory_order_relaxed);  // Ours as well.
    if (bottom - top >= array->capacity()) [[unlikely]] {
      array = grow(*array, top, bottom);
    }
    array->put(bottom, item);
    bottom_.store(bottom + 1, std::memory_order_seq_cst);  // (3), with the load in steal().
  }

  // Owner: the item pushed last. False when there is none.
  bool pop(Item& item) {
    const std::int64_t bottom = bottom_.load(std::memory_order_relaxed) - 1;
    Array* array = array_.load(std::memory_order_relaxed);
    // Seq_cst, both: either a thief sees the lower bottom_, or we see its higher top_.
    bottom_.store(bottom, std::memory_order_seq_cst);
    std::int64_t top = top_.load(std::memory_order_seq_cst);
    if (top > bottom) {
      bottom_.store(bottom + 1, std::memory_order_relaxed);  // It was empty, and is as it was.
      return false;
    }
    item = array->get(bottom);
    if (top < bottom) {
      return true;
    }
    // The last one: thieves may be after it too (1).
    const bool won = top_.compare_exchange_strong(top, top + 1, std::memory_order_seq_cst,
                                                  std::memory_order_relaxed);
    bottom_.store(bottom + 1, std::memory_order_relaxed);
    return won;
  }

  enum class Stolen : std::uint8_t { kItem, kEmpty, kLostRace };

  // Any thread: the oldest item. After kLostRace the deque may hold more.
  Stolen steal(Item& item) {
    std::int64_t top = top_.load(std::memory_order_seq_cst);  // Before bottom_: pairs with pop().
    // Seq_cst also acquires the item (3), and the array.
    const std::int64_t bottom = bottom_.load(std::memory_order_seq_cst);
    if (top >= bottom) {
      return Stolen::kEmpty;
    }
    // Acquire: pairs with grow(); the array is filled.
    item = array_.load(std::memory_order_acquire)->get(top);
    return top_.compare_exchange_strong(top, top + 1, std::memory_order_seq_cst,
                                        std::memory_order_relaxed)
               ? Stolen::kItem
               : Stolen::kLostRace;
  }

  // Any thread, a moment ago.
  [[nodiscard]] bool seems_empty() const {
    return top_.load(std::memory_order_seq_cst) >= bottom_.load(std::memory_order_seq_cst);
  }

 private:
  class Array {
   public:
    explicit Array(std::size_t capacity) : mask_(capacity - 1), items_(capacity) {}
    [[nodiscard]] std::int64_t capacity() const { return static_cast<std::int64_t>(mask_ + 1); }
    // Relaxed: bottom_, top_ and array_ order what is taken from here (2, 3).
    void put(std::int64_t at, Item item) {
      items_[static_cast<std::size_t>(at) & mask_].store(item, std::memory_order_relaxed);
    }
    [[nodiscard]] Item get(std::int64_t at) const {
      return items_[static_cast<std::size_t>(at) & mask_].load(std::memory_order_relaxed);
    }

   private:
    std::size_t mask_;
    std::vector<std::atomic<Item>> items_;
  };

  Array* adopt(std::unique_ptr<Array> array) {
    arrays_.push_back(std::move(array));
    // Release: publishes the items copied before, to the acquire in steal().
    array_.store(arrays_.back().get(), std::memory_order_release);
    return arrays_.back().get();
  }
  [[gnu::noinline]] Array* grow(const Array& old, std::int64_t top, std::int64_t bottom) {
    auto bigger = std::make_unique<Array>(static_cast<std::size_t>(old.capacity()) * 2);
    for (std::int64_t at = top; at < bottom; ++at) {
      bigger->put(at, old.get(at));
    }
    return adopt(std::move(bigger));
  }

  // On lines of their own: thieves write top_, the owner bottom_.
  alignas(64) std::atomic<std::int64_t> top_{0};
  alignas(64) std::atomic<std::int64_t> bottom_{0};
  std::atomic<Array*> array_{nullptr};
  std::vector<std::unique_ptr<Array>> arrays_;  // Owner's; all of them, the last is in use (4).
};

}  // namespace strata
