// A sweep as one page that needs nothing else: no script, no font, no picture from elsewhere.
#pragma once
#include <string>
#include <vector>

#include "coordinator/measure/sweep.h"
#include "coordinator/measure/sweep_summary.h"
#include "coordinator/report/sweep_report.h"

namespace strata {

// The page is well-formed XML too, so that a program can read it.
std::string html_report(const SweepResult& result, const std::vector<RowSummary>& rows,
                        const SweepStory& story);

}  // namespace strata
