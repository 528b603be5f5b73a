#include "coordinator/simulate/fault_plan.h"

#include <array>

#include "coordinator/simulate/random.h"

namespace strata {
namespace {

constexpr std::uint64_t kMs = 1'000'000;

enum Weather : std::uint8_t {
  kCalm,
  kLossy,
  kKills,
  kPauses,
  kPoison,
  kPartitions,
  kLostHosts,
  kEverything
};
constexpr std::array<const char*, kWeathers> kNames{
    "calm", "lossy", "kills", "pauses", "poison", "partitions", "lost hosts", "everything"};

void make_cluster(FaultPlan& plan, Random& random, bool several_hosts) {
  plan.core.hosts = several_hosts ? random.between32(2, 4) : random.between32(1, 3);
  plan.core.workers_per_host = random.between32(1, 4);
  plan.core.processors_per_worker = plan.carriers = random.between32(1, 3);
  plan.core.speculate = random.chance(500);
  const std::uint32_t shards = random.between32(4, 40);
  for (std::uint32_t i = 0; i < shards; ++i) {
    const std::uint32_t units = random.chance(200) ? 1 : random.between32(1, 8);
    plan.shards.push_back({plan.units, units});
    plan.units += units;
  }
  plan.credits = random.between32(1, 4 + 2 * plan.carriers * plan.core.workers_per_host);
  // At times hardly more than the credits: entries have to be used again.
  plan.table_capacity = random.chance(300) ? plan.credits + 1 : plan.credits + shards;
  plan.unit_ns = random.between(kMs / 5, 8 * kMs);
}

void make_lossy(FaultPlan& plan, Random& random) {
  plan.loss_per_mille = random.between32(0, 200);
  plan.repeat_per_mille = random.between32(0, 200);
  plan.delay_high_ns = random.between(plan.delay_low_ns, 60 * kMs);
}

// Faults of a kind, spread over the time that the run needs, and some beyond.
void add_faults(FaultPlan& plan, Random& random, Fault::Kind kind, std::uint32_t count,
                std::uint64_t shortest_ns, std::uint64_t longest_ns) {
  const std::uint64_t processors =
      std::uint64_t{plan.core.hosts} * plan.core.workers_per_host * plan.carriers;
  const std::uint64_t span_ns = 100 * kMs + 3 * plan.units * plan.unit_ns / processors;
  for (std::uint32_t i = 0; i < count; ++i) {
    plan.faults.push_back({kind, random.below(span_ns), random.between(shortest_ns, longest_ns),
                           random.between32(0, plan.core.hosts - 1),
                           random.between32(0, plan.core.workers_per_host - 1)});
  }
}

void add_poison(FaultPlan& plan, Random& random, std::uint32_t count) {
  constexpr std::array kKinds{Poison::kSegmentation, Poison::kAbort, Poison::kExit,
                              Poison::kMemoryKill, Poison::kThrow};
  for (std::uint32_t i = 0; i < count; ++i) {
    plan.poison[random.below(plan.units)] = kKinds.at(random.below(kKinds.size()));
  }
}

}  // namespace

FaultPlan plan_from(std::uint64_t seed) {
  Random random(seed * 0x2545'f491'4f6c'dd1d + 1);
  FaultPlan plan;
  plan.seed = seed;
  const auto weather = static_cast<Weather>(seed % kWeathers);
  plan.weather = kNames.at(weather);
  make_cluster(plan, random, weather == kPartitions || weather == kLostHosts);
  if (weather == kLossy || weather == kEverything || (weather != kCalm && random.chance(300))) {
    make_lossy(plan, random);
  }
  const bool all = weather == kEverything;
  if (weather == kKills || all) {
    add_faults(plan, random, Fault::Kind::kKill, random.between32(1, 12), 0, 0);
    plan.step_kills = random.between32(0, 6);
    plan.early_end_per_mille = random.chance(300) ? 200 : 0;
  }
  if (weather == kPauses || all) {
    add_faults(plan, random, Fault::Kind::kPause, random.between32(1, 5), 10 * kMs, 6000 * kMs);
    plan.step_pauses = random.between32(0, 4);
  }
  if (weather == kPoison || (all && random.chance(500))) {
    add_poison(plan, random, random.between32(1, 4));
    plan.core.poison_count = random.between32(1, 3);
  }
  if (weather == kPartitions || all) {
    add_faults(plan, random, Fault::Kind::kPartition, random.between32(1, 3), 10 * kMs, 5000 * kMs);
    if (weather == kPartitions && random.chance(300)) {
      // One host is cut off to the end, and nobody says so.
      plan.faults.push_back(
          {Fault::Kind::kPartition, random.below(200 * kMs), 1'000'000 * kMs, 0, 0});
    }
    add_faults(plan, random, Fault::Kind::kCoreAsleep, random.between32(0, 1), 10 * kMs,
               8000 * kMs);
  }
  if (weather == kLostHosts || (all && random.chance(300))) {
    add_faults(plan, random, Fault::Kind::kHostLost, random.between32(1, plan.core.hosts - 1 + all),
               0, 3000 * kMs);
  }
  return plan;
}

}  // namespace strata
