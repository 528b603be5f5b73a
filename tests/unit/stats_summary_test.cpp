// Quantiles against values that R and NumPy give.
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "shared/stats/summary.h"

namespace strata {
namespace {

TEST(Quantile, InterpolatesLikeTypeSeven) {
  // numpy.quantile([1, 2, 4, 8, 16], [0, .1, .25, .5, .75, .9, 1])
  const std::array<double, 5> samples{1, 2, 4, 8, 16};
  EXPECT_DOUBLE_EQ(quantile_of_sorted(samples, 0), 1);
  EXPECT_DOUBLE_EQ(quantile_of_sorted(samples, 0.1), 1.4);
  EXPECT_DOUBLE_EQ(quantile_of_sorted(samples, 0.25), 2);
  EXPECT_DOUBLE_EQ(quantile_of_sorted(samples, 0.5), 4);
  EXPECT_DOUBLE_EQ(quantile_of_sorted(samples, 0.75), 8);
  EXPECT_DOUBLE_EQ(quantile_of_sorted(samples, 0.9), 12.8);
  EXPECT_DOUBLE_EQ(quantile_of_sorted(samples, 1), 16);
}

TEST(Quantile, OfOneSampleIsThatSample) {
  const std::array<double, 1> samples{7};
  EXPECT_DOUBLE_EQ(quantile_of_sorted(samples, 0.25), 7);
}

TEST(Quantile, OfNothingIsNotANumber) {
  EXPECT_TRUE(std::isnan(quantile_of_sorted({}, 0.5)));
  EXPECT_TRUE(std::isnan(median_of({})));
  EXPECT_EQ(spread_of({}).count, 0U);
  EXPECT_TRUE(std::isnan(spread_of({}).median));
}

TEST(Median, OfAnEvenCountLiesBetweenTheTwoInTheMiddle) {
  EXPECT_DOUBLE_EQ(median_of({4, 1, 3, 2}), 2.5);
  EXPECT_DOUBLE_EQ(median_of({3, 1, 2}), 2);
}

TEST(MedianDeviation, IsNotMovedByOneWildSample) {
  // Distances to the median 2: 1 1 0 0 2 4 7 -> 1
  EXPECT_DOUBLE_EQ(median_deviation_of({1, 1, 2, 2, 4, 6, 9}), 1);
  EXPECT_DOUBLE_EQ(median_deviation_of({1, 1, 2, 2, 4, 6, 9000}), 1);
}

TEST(Spread, NamesWhatItHolds) {
  const Spread spread = spread_of({5, 1, 4, 2, 3});
  EXPECT_EQ(spread.count, 5U);
  EXPECT_DOUBLE_EQ(spread.min, 1);
  EXPECT_DOUBLE_EQ(spread.lower_quartile, 2);
  EXPECT_DOUBLE_EQ(spread.median, 3);
  EXPECT_DOUBLE_EQ(spread.upper_quartile, 4);
  EXPECT_DOUBLE_EQ(spread.max, 5);
  EXPECT_DOUBLE_EQ(spread.median_deviation, 1);
  EXPECT_DOUBLE_EQ(spread.relative_half_width(), 1.0 / 3);
}

}  // namespace
}  // namespace strata
