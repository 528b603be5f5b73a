// Orders that everybody gets from the same seed.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "shared/stats/shuffle.h"

namespace strata {
namespace {

TEST(RoundOrders, EveryRoundIsAPermutation) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    for (const std::vector<std::size_t>& order : round_orders(9, 12, seed)) {
      std::vector<std::size_t> sorted = order;
      std::sort(sorted.begin(), sorted.end());
      std::vector<std::size_t> all(9);
      std::iota(all.begin(), all.end(), std::size_t{0});
      ASSERT_EQ(sorted, all) << "seed " << seed;
    }
  }
}

TEST(RoundOrders, AreTheSameForTheSameSeedAndDifferForAnother) {
  EXPECT_EQ(round_orders(9, 12, 41), round_orders(9, 12, 41));
  EXPECT_NE(round_orders(9, 12, 41), round_orders(9, 12, 42));
}

TEST(RoundOrders, AreFixedForAllVersionsOfStrata) {
  // Stored sweeps name their seed: this order must never change.
  const std::vector<std::vector<std::size_t>> expected = round_orders(5, 2, 1);
  std::mt19937_64 random(1);
  std::vector<std::size_t> by_hand{0, 1, 2, 3, 4};
  for (std::size_t i = 5; i > 1; --i) {
    // 2^64 mod i is tiny, so the first draw is taken but for a chance of 1e-18.
    std::swap(by_hand[i - 1], by_hand[random() % i]);
  }
  EXPECT_EQ(expected.front(), by_hand);
}

TEST(RoundOrders, VisitEveryOrderOfThreeAboutEquallyOften) {
  std::map<std::vector<std::size_t>, int> seen;
  for (const auto& order : round_orders(3, 6000, 7)) {
    ++seen[order];
  }
  ASSERT_EQ(seen.size(), 6U);
  for (const auto& [order, count] : seen) {
    // 1000 expected, deviation 29: six of them.
    EXPECT_NEAR(count, 1000, 175);
  }
}

TEST(DrawBelow, StaysBelowItsBound) {
  std::mt19937_64 random(3);
  for (const std::uint64_t bound : {std::uint64_t{1}, std::uint64_t{7}, std::uint64_t{1} << 63U}) {
    for (int i = 0; i < 1000; ++i) {
      ASSERT_LT(draw_below(random, bound), bound);
    }
  }
}

}  // namespace
}  // namespace strata
