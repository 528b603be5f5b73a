// The kernel of `compute` in a plain loop: prints GFLOP/s over N units of M microseconds.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "shared/unit/kernel.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    return 2;
  }
  const auto units = static_cast<std::uint64_t>(std::atoll(argv[1]));
  const double grain_us = std::atof(argv[2]);
  const auto operations =
      static_cast<std::uint64_t>(grain_us * strata::calibrate_operations_per_us());
  std::uint64_t sum = 0;
  const auto start = std::chrono::steady_clock::now();
  for (std::uint64_t i = 0; i < units; ++i) {
    sum += strata::compute_kernel(1, i, operations);
  }
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
  // The sum is printed so that the loop has to be done.
  std::printf("%.6f %llu\n", static_cast<double>(units * operations) / took.count(),
              static_cast<unsigned long long>(sum));
}
