// A sweep for people, as strata.sweep/1, and as one line a trial.
#pragma once
#include <string>
#include <vector>

#include "coordinator/measure/sweep.h"
#include "coordinator/measure/sweep_summary.h"
#include "coordinator/report/style.h"

namespace strata {

// What a report says beside the figures.
struct SweepStory {
  std::string machine;  // machine_line()
  unsigned usable_cpus = 1;
  std::string command;      // That repeats it: "strata sweep compute -P 1,2 --seed 41"
  std::string csv_file;     // Empty: none was written.
  std::string report_file;  // Likewise
};

std::string sweep_text(const SweepResult& result, const std::vector<RowSummary>& rows,
                       const SweepStory& story, const Style& style);
std::string sweep_json(const SweepResult& result, const std::vector<RowSummary>& rows,
                       const SweepStory& story);
// A header and a line for each trial, as they were run. round, order and row count from 1; row is
// the place in the table.
std::string sweep_csv(const SweepResult& result);

// "compute   9 layouts x 12 rounds in random order, seed 41; executor pool, ..."
std::string sweep_heading(const SweepPlan& plan, const SweepSettings& settings);

// "±": how "203 ms ± 0.4 %" is to be read, in one sentence.
std::string spread_explained(const SweepResult& result, const Style& style);

}  // namespace strata
