#include "shared/stats/summary.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace strata {
namespace {
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
}  // namespace

double quantile_of_sorted(std::span<const double> ascending, double p) {
  if (ascending.empty()) {
    return kNone;
  }
  const double place = std::clamp(p, 0.0, 1.0) * static_cast<double>(ascending.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, ascending.size() - 1);
  const double share = place - static_cast<double>(below);
  return ascending[below] + share * (ascending[above] - ascending[below]);
}

double median_of(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  return quantile_of_sorted(samples, 0.5);
}

double median_deviation_of(std::vector<double> samples) {
  const double median = median_of(samples);
  for (double& sample : samples) {
    sample = std::abs(sample - median);
  }
  return median_of(std::move(samples));
}

double Spread::relative_half_width() const {
  return median > 0 ? (upper_quartile - lower_quartile) / 2 / median : 0;
}

Spread spread_of(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  if (samples.empty()) {
    return {0, kNone, kNone, kNone, kNone, kNone, kNone};
  }
  return {samples.size(),
          samples.front(),
          quantile_of_sorted(samples, 0.25),
          quantile_of_sorted(samples, 0.5),
          quantile_of_sorted(samples, 0.75),
          samples.back(),
          median_deviation_of(samples)};
}

}  // namespace strata
