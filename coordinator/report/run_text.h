// A run in words: what was run and where, then the answer, then the evidence.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/cluster/run_result.h"
#include "coordinator/cluster/trial.h"
#include "coordinator/report/style.h"

namespace strata {

// Each is one or more whole lines.

// "digest   2 processes x 1 thread, executor pool, 12,481 files in 96 shards"
std::string heading_text(std::string_view workload, const Layout& layout, std::uint64_t units,
                         std::uint64_t shards, std::string_view unit_noun, const Style& style);
// "placing  worker 0 on cpu 0, worker 1 on cpu 1   (2 usable CPUs)"
std::string placement_text(const std::vector<WorkerPlace>& places, unsigned usable_cpus,
                           const Style& style);
// "ready    2 workers in 6.1 ms", "ready    2 workers were ready already" (launch_s is 0)
std::string ready_text(std::size_t workers, double launch_s, const Style& style);
// "done ...", "verdict ...", "cost ...": everything that is known at the end only.
std::string outcome_text(const RunResult& run, const Style& style);

// All of them, for a run that was not watched (`unit_noun`, placement and launch from the result).
std::string run_text(const RunResult& run, unsigned usable_cpus, const Style& style);

// Why the run is not a success, as one sentence; empty for one that is.
std::string failure_of(const RunResult& run);

// "worker 0 on cpu 0, worker 1 on cpu 1", or in one phrase where there are many or all are alike.
std::string places_text(const std::vector<WorkerPlace>& places, const Style& style);

// "2 processes x 1 thread"
std::string shape_text(const Layout& layout);

}  // namespace strata
