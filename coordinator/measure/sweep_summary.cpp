#include "coordinator/measure/sweep_summary.h"

#include <limits>

namespace strata {
namespace {

// makespan by [row][round]; NaN where there is none.
std::vector<std::vector<double>> by_round(const SweepResult& result) {
  std::vector<std::vector<double>> table(
      result.plan.rows.size(),
      std::vector<double>(result.settings.rounds, std::numeric_limits<double>::quiet_NaN()));
  for (const TrialSample& sample : result.samples) {
    table[sample.row][sample.round] = sample.makespan_s;
  }
  return table;
}

Spread ratios(const std::vector<double>& reference, const std::vector<double>& row, double work) {
  std::vector<double> values;
  for (std::size_t round = 0; round < row.size(); ++round) {
    if (reference[round] > 0 && row[round] > 0) {  // False for NaN too
      values.push_back(reference[round] / row[round] * work);
    }
  }
  return spread_of(std::move(values));
}

}  // namespace

std::vector<RowSummary> summarise(const SweepResult& result) {
  const std::vector<SweepRow>& rows = result.plan.rows;
  const std::vector<std::vector<double>> table = by_round(result);
  std::vector<RowSummary> summaries;
  summaries.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const SweepRow& row = rows[i];
    RowSummary summary;
    std::vector<double> launch;
    std::vector<double> cpu;
    std::vector<double> pss;
    std::vector<double> voluntary;
    std::vector<double> involuntary;
    for (const TrialSample& sample : result.samples) {
      if (sample.row == i) {
        summary.makespans_s.push_back(sample.makespan_s);
        launch.push_back(sample.launch_s);
        cpu.push_back(sample.cpu_s);
        pss.push_back(static_cast<double>(sample.pss_bytes));
        voluntary.push_back(static_cast<double>(sample.voluntary_switches));
        involuntary.push_back(static_cast<double>(sample.involuntary_switches));
      }
    }
    summary.makespan = spread_of(summary.makespans_s);
    summary.speedup = ratios(table[row.baseline], table[i], row.work / rows[row.baseline].work);
    summary.speedup_vs_serial =
        row.serial ? ratios(table[*row.serial], table[i], row.work / rows[*row.serial].work)
                   : spread_of({});
    summary.efficiency = summary.speedup.median / static_cast<double>(row.layout.processors());
    summary.launch_s = median_of(std::move(launch));
    summary.cpu_s = median_of(std::move(cpu));
    summary.pss_bytes = median_of(std::move(pss));
    summary.voluntary_switches = median_of(std::move(voluntary));
    summary.involuntary_switches = median_of(std::move(involuntary));
    summaries.push_back(std::move(summary));
  }
  return summaries;
}

std::optional<std::size_t> fastest_row(const SweepResult& result,
                                       const std::vector<RowSummary>& rows) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!result.plan.rows[i].listed || rows[i].makespan.count == 0) {
      continue;
    }
    // Against the same work: the time that one part of it took.
    const double each = rows[i].makespan.median / result.plan.rows[i].work;
    if (!best || each < rows[*best].makespan.median / result.plan.rows[*best].work) {
      best = i;
    }
  }
  return best;
}

}  // namespace strata
