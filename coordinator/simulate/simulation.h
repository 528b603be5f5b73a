// One run of the cluster core in virtual time: the real Core, LeaseBook and ClaimTable, virtual
// workers and network, and a judge who looks at every step.
//
// What is judged:
// (1) A shard is committed once, whole, with what the named worker wrote into that attempt's
// memory;
//     and that memory is not touched afterwards.
// (2) At the end every unit is committed once, or the run failed and its sentence names a unit that
//     deserves it, and all others are committed.
// (3) What a dead worker held is not out any more once the core knows of its end.
// (4) The run ends within a bounded virtual time, and each attempt's memory is free again or
// committed.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "coordinator/simulate/fault_plan.h"
#include "coordinator/simulate/judge.h"

namespace strata {

struct SimulationReport {
  std::vector<std::string> violations;
  std::string failure;       // Of the core's Finish
  std::uint64_t digest = 0;  // Over every event and action with its time
  std::uint64_t events = 0;
  std::uint64_t virtual_ns = 0;
  CoreCounts counts;
  Happened happened;
};

// `trace`: prints every event and action with its virtual time to stderr.
SimulationReport simulate(const FaultPlan& plan, bool trace);

}  // namespace strata
