// The floating-point work of a unit: the same machine code in every executor, in the calibration
// and in the plain loop that a benchmark compares with.
//
// It advances kOscillators frictionless oscillators, x += e y, y -= e x. They swing for ever: the
// values neither grow nor fade, so no step is dearer than another (a denormal costs 100 steps), and
// they never settle, so the result tells how many steps were done.
#pragma once
#include <cstdint>

namespace strata {

inline constexpr std::uint64_t kOscillators = 16;
// Two multiplications and two additions for each oscillator: `operations` are done in these steps.
inline constexpr std::uint64_t kKernelStepOperations = 4 * kOscillators;

// Does `operations` floating-point operations (additions and multiplications of doubles), rounded
// down to a multiple of kKernelStepOperations, and returns the bits of their result: a pure
// function of its arguments. No operations cost about a nanosecond; the cost is linear in them.
std::uint64_t compute_kernel(std::uint64_t seed, std::uint64_t index, std::uint64_t operations);

// Operations per microsecond of this kernel on the calling thread's core, now: the best of several
// short runs, about 20 ms in all.
double calibrate_operations_per_us();

}  // namespace strata
