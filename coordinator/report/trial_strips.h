// Every trial as a dot, a strip for each row: the raw samples that the medians come from.
#pragma once
#include <string>
#include <vector>

#include "coordinator/measure/sweep.h"
#include "coordinator/measure/sweep_summary.h"

namespace strata {

// One <svg> element; colours by class as in speedup_svg.
std::string trial_strips_svg(const SweepResult& result, const std::vector<RowSummary>& rows);

}  // namespace strata
