// Virtual time: what is to happen, in the order of (time, insertion). Nothing takes time but what
// says so, and a run is a function of what was put in.
#pragma once
#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace strata {

class EventQueue {
 public:
  [[nodiscard]] std::uint64_t now_ns() const { return now_ns_; }

  void after(std::uint64_t delay_ns, std::function<void()> happen) {
    heap_.push_back({now_ns_ + delay_ns, next_sequence_++, std::move(happen)});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  // Lets the next thing happen. False when nothing is left.
  bool run_next() {
    if (heap_.empty()) {
      return false;
    }
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const Entry entry = std::move(heap_.back());
    heap_.pop_back();
    now_ns_ = entry.at_ns;
    entry.happen();
    return true;
  }

 private:
  struct Entry {
    std::uint64_t at_ns;
    std::uint64_t sequence;
    std::function<void()> happen;
  };
  static bool later(const Entry& a, const Entry& b) {
    return std::pair(a.at_ns, a.sequence) > std::pair(b.at_ns, b.sequence);
  }

  std::uint64_t now_ns_ = 0;
  std::uint64_t next_sequence_ = 0;
  std::vector<Entry> heap_;  // A heap: the standard's priority_queue does not let its top be moved.
};

}  // namespace strata
