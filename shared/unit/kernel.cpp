#include "shared/unit/kernel.h"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>

namespace strata {
namespace {

constexpr double kSpeed = 0x1p-4;  // e: a period of about 100 steps.

// A number in [1, 2) from the upper bits.
double between_one_and_two(std::uint64_t bits) {
  return std::bit_cast<double>((bits >> 12) | 0x3ff0'0000'0000'0000ULL);
}

}  // namespace

Swing::Swing(std::uint64_t start) : start_(start) {
  for (std::size_t i = 0; i < kPairs; ++i) {
    const std::uint64_t a = detail::mix(start + (2 * i + 1) * detail::kGolden);
    const std::uint64_t b = detail::mix(start + (2 * i + 2) * detail::kGolden);
    x_[i] = Pair{between_one_and_two(a), between_one_and_two(b)};
    y_[i] = Pair{between_one_and_two(a << 20), between_one_and_two(b << 20)};
  }
}

void Swing::advance(std::uint64_t steps) {
  std::array<Pair, kPairs> x = x_;  // In registers for as long as the loop lasts.
  std::array<Pair, kPairs> y = y_;
  const Pair speed = {kSpeed, kSpeed};
  for (std::uint64_t step = 0; step < steps; ++step) {
    for (std::size_t i = 0; i < kPairs; ++i) {
      x[i] += speed * y[i];
    }
    for (std::size_t i = 0; i < kPairs; ++i) {
      y[i] -= speed * x[i];
    }
  }
  x_ = x;
  y_ = y;
}

std::uint64_t Swing::value() const {
  std::uint64_t value = start_;
  for (std::size_t i = 0; i < kPairs; ++i) {
    for (std::size_t lane = 0; lane < 2; ++lane) {
      value = std::rotl(value, 7) ^ std::bit_cast<std::uint64_t>(x_[i][lane]);
      value = std::rotl(value, 7) ^ std::bit_cast<std::uint64_t>(y_[i][lane]);
    }
  }
  return detail::mix(value);
}

std::uint64_t detail::swing(std::uint64_t start, std::uint64_t steps) {
  Swing oscillators(start);
  oscillators.advance(steps);
  return oscillators.value();
}

double calibrate_operations_per_us() {
  using Clock = std::chrono::steady_clock;
  constexpr int kRuns = 9;
  constexpr double kRunUs = 2000;
  // The first run is short, warms the core up and tells how long the others must be.
  std::uint64_t operations = 1'000'000;
  double best = 0;
  for (int run = 0; run <= kRuns; ++run) {
    const auto begin = Clock::now();
    const std::uint64_t value = compute_kernel(static_cast<std::uint64_t>(run), 0, operations);
    const std::chrono::duration<double, std::micro> took = Clock::now() - begin;
    asm volatile("" : : "r"(value));  // Keeps the call.
    best = std::max(best, static_cast<double>(operations) / std::max(took.count(), 0.001));
    if (run == 0) {
      operations = static_cast<std::uint64_t>(best * kRunUs);
    }
  }
  return best;
}

}  // namespace strata
