// Packages, cores, caches and memory nodes, as hwloc sees them.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "shared/base/result.h"

namespace strata {

struct CacheFacts {
  unsigned level = 0;
  bool instruction_only = false;
  std::uint64_t bytes = 0;  // Of one
  unsigned count = 0;
  unsigned cpus_each = 0;  // That share one
};

struct NumaFacts {
  unsigned number = 0;
  unsigned cpus = 0;
  std::uint64_t memory_bytes = 0;
};

struct TopologyFacts {
  unsigned packages = 0;
  unsigned cores = 0;
  unsigned cpus = 0;
  std::vector<CacheFacts> caches;  // By level
  std::vector<NumaFacts> nodes;
};

// Opens ../lib/strata-topology.so, seen from this executable's folder, asks it once and closes it.
// Takes milliseconds. Exit::kMachine when the module or hwloc is missing.
Result<TopologyFacts> read_topology();

}  // namespace strata
