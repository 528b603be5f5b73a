// Speed-up against processors: a curve for processes and one for threads, with the ideal.
#pragma once
#include <string>
#include <vector>

#include "coordinator/measure/sweep.h"
#include "coordinator/measure/sweep_summary.h"

namespace strata {

struct SpeedupPoint {
  double processors = 1;
  double speedup = 1;
  double low = 1;  // Quartiles
  double high = 1;
  std::string name;  // "2x1"
};

// Rows that differ in P and T alone.
struct SpeedupPanel {
  std::string title;  // What the panel's rows share and others do not; may be empty.
  std::vector<SpeedupPoint> processes;  // T = 1, by P
  std::vector<SpeedupPoint> threads;    // P = 1, by T
  std::vector<SpeedupPoint> both;       // P and T above 1
};

// One a combination of words, executor, start, wait and G, in the order of rows. Rows without a
// speed-up yet are left out.
std::vector<SpeedupPanel> speedup_panels(const SweepResult& result,
                                         const std::vector<RowSummary>& rows);

// One <svg> element. Colours come from the page by class: "processes", "threads", "both", "ideal".
std::string speedup_svg(const SpeedupPanel& panel, unsigned usable_cpus);

// What to see in it, in one sentence.
std::string speedup_caption(const SpeedupPanel& panel, unsigned usable_cpus);

}  // namespace strata
