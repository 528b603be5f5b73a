// The floating-point work of a unit: the same machine code in every executor, in the calibration
// and in the plain loop that a benchmark compares with.
#pragma once
#include <cstdint>

namespace strata {

// Does `operations` floating-point operations (additions and multiplications of doubles, rounded
// down to a multiple of the kernel's step) and returns the bits of their result: a pure function
// of its arguments.
std::uint64_t compute_kernel(std::uint64_t seed, std::uint64_t index, std::uint64_t operations);

// Operations per microsecond of this kernel on the calling thread's core, now: the best of several
// short runs, about 20 ms in all.
double calibrate_operations_per_us();

}  // namespace strata
