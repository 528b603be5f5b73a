// The figures of each row of a sweep, out of its raw samples.
#pragma once
#include <optional>
#include <vector>

#include "coordinator/measure/sweep.h"
#include "shared/stats/summary.h"

namespace strata {

struct RowSummary {
  std::vector<double> makespans_s;  // As they were run.
  Spread makespan;                  // Seconds
  // Of the ratios baseline / row within each round, times the row's share of work (weak scaling:
  // how many times the work is done in the same time). Count 0: no round has both.
  Spread speedup;
  Spread speedup_vs_serial;
  double efficiency = 0;  // speedup / (H x P x T); NaN without a speed-up.
  // Medians
  double launch_s = 0;
  double cpu_s = 0;
  double pss_bytes = 0;
  double voluntary_switches = 0;
  double involuntary_switches = 0;
};

// One a row of the plan. Ratios are taken within a round, where both trials met the same machine;
// the median of them is the speed-up.
std::vector<RowSummary> summarise(const SweepResult& result);

// The listed row with the smallest median makespan for its work; nothing before any sample.
std::optional<std::size_t> fastest_row(const SweepResult& result,
                                       const std::vector<RowSummary>& rows);

}  // namespace strata
