// The floating-point work of a unit: the same machine code in every executor, in the calibration
// and in the plain loop that a benchmark compares with.
//
// It advances kOscillators frictionless oscillators, x += e y, y -= e x. They swing for ever: the
// values neither grow nor fade, so no step is dearer than another (a denormal costs 100 steps), and
// they never settle, so the result tells how many steps were done.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

namespace strata {

inline constexpr std::uint64_t kOscillators = 16;
// Two multiplications and two additions for each oscillator: `operations` are done in these steps.
inline constexpr std::uint64_t kKernelStepOperations = 4 * kOscillators;

namespace detail {
inline constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15ULL;
// Sebastiano Vigna's splitmix64: every bit of the argument reaches every bit of the result.
constexpr std::uint64_t mix(std::uint64_t bits) {
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9ULL;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebULL;
  return bits ^ (bits >> 31);
}
// All the floating-point work at one go.
std::uint64_t swing(std::uint64_t start, std::uint64_t steps);
inline std::uint64_t start_of(std::uint64_t seed, std::uint64_t index) {
  return mix(seed + index * kGolden);
}
}  // namespace detail

// The oscillators of one unit, for executors that do its work in slices: as fast as the whole but
// for about 10 ns a slice, and the same value to the last bit.
class Swing {
 public:
  explicit Swing(std::uint64_t start);  // detail::start_of(seed, index)
  // kKernelStepOperations operations each.
  void advance(std::uint64_t steps);
  // What compute_kernel() gives for all the steps so far, if there were any.
  [[nodiscard]] std::uint64_t value() const;

 private:
  // Pairs of doubles, which every 64-bit machine adds and multiplies at once. Written as vectors
  // since GCC's -O2 leaves such a loop scalar. kOscillators in pairs are enough independent chains
  // to hide most of the latency of an addition behind the others, and few enough to stay in
  // registers.
  using Pair = double __attribute__((vector_size(16)));
  static constexpr std::size_t kPairs = kOscillators / 2;

  std::uint64_t start_;
  std::array<Pair, kPairs> x_;
  std::array<Pair, kPairs> y_;
};

// Does `operations` floating-point operations (additions and multiplications of doubles), rounded
// down to a multiple of kKernelStepOperations, and returns the bits of their result: a pure
// function of its arguments. No operations cost about a nanosecond; the cost is linear in them.
inline std::uint64_t compute_kernel(std::uint64_t seed, std::uint64_t index,
                                    std::uint64_t operations) {
  const std::uint64_t start = detail::start_of(seed, index);
  const std::uint64_t steps = operations / kKernelStepOperations;
  return steps == 0 ? start : detail::swing(start, steps);
}

// Operations per microsecond of this kernel on the calling thread's core, now: the best of several
// short runs, about 20 ms in all.
double calibrate_operations_per_us();

}  // namespace strata
