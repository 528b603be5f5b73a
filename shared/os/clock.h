// Monotonic time in nanoseconds, the only clock that anything in strata is measured with.
#pragma once
#include <cstdint>

namespace strata {

std::uint64_t now_ns();
// When this process began, by its own CPU time at the moment of the call: call it first in main,
// and what the dynamic loader did before main is counted.
std::uint64_t process_start_ns();

inline double seconds_between(std::uint64_t from_ns, std::uint64_t to_ns) {
  return to_ns <= from_ns ? 0.0 : static_cast<double>(to_ns - from_ns) * 1e-9;
}

}  // namespace strata
