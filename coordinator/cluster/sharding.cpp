#include "coordinator/cluster/sharding.h"

#include <algorithm>
#include <numeric>

namespace strata {
namespace {

constexpr std::uint64_t kShardsPerProcessor = 64;
constexpr std::uint64_t kFewestUnits = 16;
constexpr std::uint64_t kMostUnits = 4096;

std::vector<ShardRange> cut_evenly(std::uint64_t units, std::uint64_t processors) {
  const std::uint64_t fine = units / (processors * kShardsPerProcessor);
  // Fewer than four shards a processor of the least size would leave processors idle at the end.
  const bool many = units >= 4 * kFewestUnits * processors;
  const std::uint64_t size = std::clamp<std::uint64_t>(fine, many ? kFewestUnits : 1, kMostUnits);
  std::vector<ShardRange> shards;
  shards.reserve(units / size + 1);
  for (std::uint64_t first = 0; first < units; first += size) {
    shards.push_back({first, static_cast<std::uint32_t>(std::min(size, units - first))});
  }
  return shards;
}

std::vector<ShardRange> cut_by_weight(const Plan& plan, std::uint64_t processors) {
  const std::uint64_t total =
      std::accumulate(plan.weights.begin(), plan.weights.end(), std::uint64_t{0});
  const std::uint64_t target =
      std::max<std::uint64_t>(1, total / (processors * kShardsPerProcessor));
  std::vector<ShardRange> shards;
  ShardRange current{0, 0};
  std::uint64_t weight = 0;
  for (std::uint64_t unit = 0; unit < plan.units; ++unit) {
    // A heavy unit does not drag its light neighbours along.
    if (current.units > 0 &&
        (weight + plan.weights[unit] > target || current.units == kMostUnits)) {
      shards.push_back(current);
      current = {unit, 0};
      weight = 0;
    }
    ++current.units;
    weight += plan.weights[unit];
  }
  if (current.units > 0) {
    shards.push_back(current);
  }
  return shards;
}

}  // namespace

std::vector<ShardRange> cut_shards(const Plan& plan, std::uint32_t processors) {
  return plan.weights.empty() ? cut_evenly(plan.units, processors)
                              : cut_by_weight(plan, processors);
}

std::vector<ShardRange> cut_copies(const Plan& plan, std::uint32_t workers) {
  std::vector<ShardRange> shards;
  shards.reserve(workers);
  for (std::uint64_t copy = 0; copy < workers; ++copy) {
    shards.push_back({copy * plan.units, static_cast<std::uint32_t>(plan.units)});
  }
  return shards;
}

}  // namespace strata
