// A queue in one array that doubles when it is full: no allocation per value, and none at all once
// it has the size that its user needs. A deque allocates a block every few values for ever.
#pragma once
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace strata {

// Not safe between threads: its user has a lock.
template <typename T>
class GrowingRing {
 public:
  [[nodiscard]] std::size_t size() const { return size_; }

  void push(T value) {
    if (size_ == places_.size()) {
      grow();
    }
    places_[(first_ + size_) & (places_.size() - 1)].emplace(std::move(value));
    ++size_;
  }
  // size() > 0.
  T pop() {
    std::optional<T>& place = places_[first_];
    T value = std::move(*place);
    place.reset();
    first_ = (first_ + 1) & (places_.size() - 1);
    --size_;
    return value;
  }

 private:
  void grow() {
    constexpr std::size_t kLeast = 8;
    std::vector<std::optional<T>> wider(places_.empty() ? kLeast : 2 * places_.size());
    for (std::size_t i = 0; i < size_; ++i) {
      wider[i] = std::move(places_[(first_ + i) & (places_.size() - 1)]);
    }
    places_ = std::move(wider);
    first_ = 0;
  }

  std::vector<std::optional<T>> places_;  // A power of two of them, or none yet.
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace strata
