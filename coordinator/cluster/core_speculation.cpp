// Copies of stragglers' shards for processors that have nothing else to do.
//
// The last shards of a run decide when it ends, and one of them may sit on a processor that
// somebody else has taken. A copy costs nothing that anyone was using, and whoever is first
// commits. It needs a processor that is idle, no shard that waits, and a run of more than three
// times the median.
#include <algorithm>

#include "coordinator/cluster/core_state.h"

namespace strata {
namespace {

// Below this a copy costs more than waiting.
constexpr std::uint64_t kShortestNs = 1'000'000;
constexpr std::uint64_t kTimesMedian = 3;

}  // namespace

void Core::State::speculate(const event::HostReport& e) {
  HostState& host = hosts[value_of(e.host)];
  if (!config.speculate || !urgent.empty() || !fresh.empty() || durations.empty() || !host.up) {
    return;
  }
  std::vector<std::uint64_t> sorted = durations;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  const std::uint64_t straggles_ns = std::max(kTimesMedian * *middle, kShortestNs);
  const auto is_out = [](const AttemptRecord& attempt) {
    return attempt.state == AttemptRecord::State::kOut;
  };
  // What is on its way to those processors already is not given twice.
  std::uint32_t idle = e.idle_processors;
  for (const ShardState& shard : shards) {
    idle -=
        std::min(idle, static_cast<std::uint32_t>(
                           std::ranges::count_if(shard.attempts, [&](const AttemptRecord& attempt) {
                             return is_out(attempt) && attempt.host == e.host && !attempt.holder;
                           })));
  }
  const std::size_t first_action = actions->size();
  for (std::uint32_t i = 0; i < shards.size() && idle > 0 && host.out < host.credits; ++i) {
    const ShardState& shard = shards[i];
    if (shard.state != ShardState::State::kOpen) {
      continue;
    }
    const auto only = std::ranges::find_if(shard.attempts, is_out);
    if (std::ranges::count_if(shard.attempts, is_out) == 1 && !only->alone &&
        only->running_since_ns != 0 && now_ns - only->running_since_ns > straggles_ns) {
      give(ShardId{i}, e.host, first_action);
      --idle;
    }
  }
}

}  // namespace strata
