// A cluster and the bad weather it meets, as a function of a seed.
#pragma once
#include <cstdint>
#include <map>
#include <vector>

#include "coordinator/cluster/core.h"

namespace strata {

// What a unit does to its worker each time it runs.
enum class Poison : std::uint8_t { kSegmentation, kAbort, kExit, kMemoryKill, kThrow };

struct Fault {
  enum class Kind : std::uint8_t {
    kKill,       // SIGKILL from outside
    kPause,      // SIGSTOP, and SIGCONT after `for_ns`
    kPartition,  // Nothing passes between this host and the core for `for_ns`.
    kHostLost,   // For good; the core is told after `for_ns`. At odd places the host lives on.
    kCoreAsleep  // The core is not run for `for_ns`.
  };
  Kind kind = Kind::kKill;
  std::uint64_t at_ns = 0;
  std::uint64_t for_ns = 0;
  std::uint32_t host = 0;
  std::uint32_t place = 0;
};

struct FaultPlan {
  std::uint64_t seed = 0;
  const char* weather = "";
  CoreConfig core;
  std::uint32_t carriers = 1;  // Of each worker
  std::uint32_t credits = 8;
  std::uint32_t table_capacity = 64;
  std::vector<ShardRange> shards;
  std::uint64_t units = 0;
  std::uint64_t unit_ns = 1'000'000;  // Typical; a few take far longer.

  std::uint32_t loss_per_mille = 0;
  std::uint32_t repeat_per_mille = 0;
  std::uint64_t delay_low_ns = 20'000;
  std::uint64_t delay_high_ns = 20'000;  // Above the low one: messages overtake each other.

  std::uint32_t early_end_per_mille = 0;  // A worker ends before it is ready.
  // Besides the faults below: a worker is killed or paused between two steps of a lease (taking,
  // owning, each unit, finishing), so often at most.
  std::uint32_t step_kills = 0;
  std::uint32_t step_pauses = 0;
  std::map<std::uint64_t, Poison> poison;
  std::vector<Fault> faults;
};

inline constexpr std::uint64_t kWeathers = 8;
// The weather is seed % kWeathers, so that any run of seeds meets all of them.
FaultPlan plan_from(std::uint64_t seed);

}  // namespace strata
