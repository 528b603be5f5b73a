// Samples in, order statistics out. Medians and quantiles rather than means: one trial that was
// disturbed must not move the figure.
#pragma once
#include <cstddef>
#include <span>
#include <vector>

namespace strata {

// The quantile of ascending samples by linear interpolation between the two nearest (Hyndman and
// Fan's type 7, which R and NumPy use by default). 0 <= p <= 1; NaN without samples.
double quantile_of_sorted(std::span<const double> ascending, double p);

// The median of samples in any order; NaN without samples.
double median_of(std::vector<double> samples);

// The median of the distances to the median, not scaled; NaN without samples.
double median_deviation_of(std::vector<double> samples);

struct Spread {
  std::size_t count = 0;  // Of samples; with 0 every figure is NaN.
  double min = 0;
  double lower_quartile = 0;
  double median = 0;
  double upper_quartile = 0;
  double max = 0;
  double median_deviation = 0;

  // Half of the distance between the quartiles over the median: "give or take" of the middle half.
  [[nodiscard]] double relative_half_width() const;
};

Spread spread_of(std::vector<double> samples);

}  // namespace strata
