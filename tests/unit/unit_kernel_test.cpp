// The compute kernel: a pure function, in whole steps, that every operation changes.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "shared/unit/kernel.h"

namespace strata {
namespace {

TEST(Kernel, GivesTheSameBitsForTheSameArguments) {
  for (const std::uint64_t operations : {0ULL, 1ULL, 64ULL, 1000ULL, 123456ULL}) {
    EXPECT_EQ(compute_kernel(3, 5, operations), compute_kernel(3, 5, operations));
  }
}

TEST(Kernel, GivesTheBitsThatItGaveOnEveryMachineSoFar) {
  EXPECT_EQ(compute_kernel(7, 3, 0), 0xe6984080bab12a02ULL);
  EXPECT_EQ(compute_kernel(7, 3, 64), 0x66631eb7f14389aULL);
  EXPECT_EQ(compute_kernel(7, 3, 6400), 0x2230788328ec2ad5ULL);
  EXPECT_EQ(compute_kernel(7, 3, 640000), 0xfe34aff51fccc601ULL);
}

TEST(Kernel, RoundsOperationsDownToWholeSteps) {
  const std::uint64_t two_steps = compute_kernel(1, 2, 2 * kKernelStepOperations);
  EXPECT_EQ(compute_kernel(1, 2, 3 * kKernelStepOperations - 1), two_steps);
  EXPECT_NE(compute_kernel(1, 2, 3 * kKernelStepOperations), two_steps);
  EXPECT_EQ(compute_kernel(1, 2, kKernelStepOperations - 1), compute_kernel(1, 2, 0));
}

TEST(Kernel, GivesTheSameBitsInSlicesOfAnyLength) {
  for (const std::uint64_t slice : {1ULL, 3ULL, 64ULL, 1000ULL}) {
    Swing work(detail::start_of(7, 3));
    for (std::uint64_t done = 0; done < 100; done += slice) {
      work.advance(std::min<std::uint64_t>(slice, 100 - done));
    }
    EXPECT_EQ(work.value(), compute_kernel(7, 3, 100 * kKernelStepOperations));
  }
}

TEST(Kernel, DependsOnSeedIndexAndEveryStep) {
  std::set<std::uint64_t> values;
  std::size_t expected = 0;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    for (std::uint64_t index = 0; index < 20; ++index) {
      for (std::uint64_t steps = 0; steps < 50; ++steps) {
        values.insert(compute_kernel(seed, index, steps * kKernelStepOperations));
        ++expected;
      }
    }
  }
  EXPECT_EQ(values.size(), expected);
}

TEST(Kernel, NeitherGrowsNorFadesNorSettles) {
  // An oscillator that had overflowed or settled would give the same bits from then on.
  std::set<std::uint64_t> values;
  for (std::uint64_t steps = 1'000'000; steps < 1'000'010; ++steps) {
    values.insert(compute_kernel(1, 1, steps * kKernelStepOperations));
  }
  EXPECT_EQ(values.size(), 10U);
}

TEST(Kernel, TellsARateThatItsRunsBearOut) {
  const double rate = calibrate_operations_per_us();
  EXPECT_GT(rate, 1.0);
  EXPECT_LT(rate, 1e6);
}

}  // namespace
}  // namespace strata
