// How a plan's units are cut into shards.
#pragma once
#include <cstdint>
#include <vector>

#include "coordinator/cluster/core.h"
#include "shared/workloads/workload.h"

namespace strata {

// Contiguous ranges that cover the plan's units, for a layout of so many processors: about 64
// shards a processor of equal weight, so that the last ones to finish are short, and of 16 to 4096
// units where there are enough, so that claiming costs little (measured: 1.2 ns a
// unit in shards of 16, 0.4 in shards of 256).
std::vector<ShardRange> cut_shards(const Plan& plan, std::uint32_t processors);
// A copy of the plan's group for each of so many workers.
std::vector<ShardRange> cut_copies(const Plan& plan, std::uint32_t workers);

}  // namespace strata
