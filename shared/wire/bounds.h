// Holds the bounds of messages.h while a message is encoded or decoded: the first one that is
// broken is remembered, and the codec turns it into the Error.
#pragma once
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>

namespace strata::wire {

class Bounds {
 public:
  // `value`, when it is at most `max` bytes; else an empty text, and the fault is noted.
  const std::string& text(const std::string& value, std::size_t max, std::string_view what) {
    static const std::string empty;
    return count(value.size(), max, what) ? value : empty;
  }

  bool count(std::size_t size, std::size_t max, std::string_view what) {
    return require(size <= max, what, "is longer than " + std::to_string(max));
  }

  // Enumerators and version-like numbers travel as plain numbers.
  bool at_most(std::uint64_t value, std::uint64_t max, std::string_view what) {
    return require(value <= max, what, "is beyond " + std::to_string(max));
  }

  double finite(double value, std::string_view what) {
    return require(std::isfinite(value), what, "is not a finite number") ? value : 0.0;
  }

  // Notes "<what> <why>" unless `holds`.
  bool require(bool holds, std::string_view what, const std::string& why) {
    if (!holds && fault_.empty()) {
      fault_ = std::string(what) + " " + why;
    }
    return holds;
  }

  // Empty: every bound held.
  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  std::string fault_;
};

}  // namespace strata::wire
