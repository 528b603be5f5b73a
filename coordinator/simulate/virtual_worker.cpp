#include "coordinator/simulate/virtual_worker.h"

#include <algorithm>
#include <csignal>
#include <utility>

namespace strata {
namespace {

constexpr std::uint64_t kUs = 1'000;
constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kBeatNs = 100 * kMs;

}  // namespace

VirtualWorker::VirtualWorker(const World& world, std::uint32_t place, ClaimTable table,
                             AttemptMemory& memory, WorkerObserver& observer)
    : world_(world), place_(place), table_(table), memory_(memory), observer_(observer) {}

void VirtualWorker::start(Epoch epoch) {
  alive_ = true;
  ready_ = false;
  epoch_ = epoch;
  ++life_;
  paused_until_ns_ = 0;
  last_unit_ = -1;
  carriers_.assign(world_.plan.carriers, {});
  stopped_.clear();
  rescan_ = {};
  world_.queue.after(world_.random.between(1 * kMs, 20 * kMs), [this, life = life_] {
    if (life == life_) {
      become_ready();
    }
  });
}

void VirtualWorker::become_ready() {
  if (world_.random.chance(world_.plan.early_end_per_mille)) {
    kill({0, 127, false});
    return;
  }
  ready_ = true;
  observer_.worker_ready(place_, epoch_);
  beat();
  ring();
}

void VirtualWorker::beat() {
  if (world_.queue.now_ns() >= paused_until_ns_) {
    observer_.worker_beat(place_, epoch_);
  }
  world_.queue.after(kBeatNs, [this, life = life_] {
    if (life == life_) {
      beat();
    }
  });
}

void VirtualWorker::kill(const End& end) {
  if (!alive_) {
    return;
  }
  for (const Carrier& carrier : carriers_) {
    if (carrier.phase == Carrier::Phase::kTaken) {
      ++world_.judge.happened.killed_before_owning;
    } else if (carrier.claim && carrier.units_written == carrier.claim->facts.units) {
      ++world_.judge.happened.killed_before_finishing;
    }
  }
  if (end.signal == SIGKILL && !end.by_strata && last_unit_ >= 0) {
    ++world_.judge.killed_alone[static_cast<std::uint64_t>(last_unit_)];
  }
  const bool was_ready = ready_;
  world_.judge.happened.ends_before_ready += was_ready ? 0U : 1U;
  alive_ = ready_ = false;
  ++life_;
  observer_.worker_ended(place_, epoch_, end, last_unit_, was_ready);
}

void VirtualWorker::pause(std::uint64_t for_ns) {
  if (!alive_) {
    return;
  }
  paused_until_ns_ = std::max(paused_until_ns_, world_.queue.now_ns() + for_ns);
  world_.queue.after(for_ns, [this, life = life_] {
    if (life == life_ && world_.queue.now_ns() >= paused_until_ns_) {
      for (const std::size_t carrier : std::exchange(stopped_, {})) {
        schedule(carrier, 0);
      }
    }
  });
}

void VirtualWorker::ring() {
  for (std::size_t i = 0; ready_ && i < carriers_.size(); ++i) {
    if (carriers_[i].phase == Carrier::Phase::kIdle && !carriers_[i].scheduled) {
      schedule(i, world_.random.between(1 * kUs, 50 * kUs));
    }
  }
}

std::uint32_t VirtualWorker::idle_carriers() const {
  return ready_ ? static_cast<std::uint32_t>(
                      std::ranges::count(carriers_, Carrier::Phase::kIdle, &Carrier::phase))
                : 0;
}

void VirtualWorker::schedule(std::size_t carrier, std::uint64_t delay_ns) {
  carriers_[carrier].scheduled = true;
  world_.queue.after(delay_ns, [this, carrier, life = life_] {
    if (life != life_) {
      return;
    }
    if (world_.queue.now_ns() < paused_until_ns_) {
      stopped_.push_back(carrier);
      return;
    }
    carriers_[carrier].scheduled = false;
    if (!is_hit(carrier)) {
      step(carrier);
    }
  });
}

bool VirtualWorker::is_hit(std::size_t carrier) {
  constexpr std::uint32_t kPerMille = 30;
  if (carriers_[carrier].phase == Carrier::Phase::kIdle) {
    return false;
  }
  if (world_.step_faults.kills > 0 && world_.random.chance(kPerMille)) {
    --world_.step_faults.kills;
    kill({SIGKILL, 0, false});
    return true;
  }
  if (world_.step_faults.pauses > 0 && world_.random.chance(kPerMille)) {
    --world_.step_faults.pauses;
    carriers_[carrier].scheduled = true;
    stopped_.push_back(carrier);
    pause(world_.random.between(10 * kMs, 6000 * kMs));
    return true;
  }
  return false;
}

void VirtualWorker::step(std::size_t carrier) {
  switch (carriers_[carrier].phase) {
    case Carrier::Phase::kIdle:
      return look(carrier);
    case Carrier::Phase::kTaken:
      return own(carrier);
    case Carrier::Phase::kRunning:
      return run(carrier);
  }
}

// A lease that wants to run alone is only taken when all others are idle, and they stay so.
void VirtualWorker::look(std::size_t i) {
  bool others_idle = true;
  for (std::size_t other = 0; other < carriers_.size(); ++other) {
    const Carrier& o = carriers_[other];
    if (other != i && o.phase != Carrier::Phase::kIdle) {
      others_idle = false;
      if (o.phase == Carrier::Phase::kTaken ? o.may_be_alone : o.claim->facts.alone) {
        return;  // It rings when it is through.
      }
    }
  }
  Carrier& carrier = carriers_[i];
  carrier.may_be_alone = others_idle;
  if (const auto index = table_.take_index(others_idle, rescan_)) {
    carrier.index = *index;
    carrier.phase = Carrier::Phase::kTaken;
    schedule(i, world_.random.chance(100) ? world_.random.between(1 * kMs, 20 * kMs)
                                          : world_.random.between(0, 2 * kUs));
  }
}

void VirtualWorker::own(std::size_t i) {
  Carrier& carrier = carriers_[i];
  carrier.claim =
      table_.own(carrier.index, WorkerId{place_}, epoch_, carrier.may_be_alone, rescan_);
  if (!carrier.claim) {
    carrier.phase = Carrier::Phase::kIdle;
    schedule(i, 0);
    return;
  }
  carrier.phase = Carrier::Phase::kRunning;
  carrier.units_written = 0;
  carrier.in_unit = false;
  carrier.started_ns = world_.queue.now_ns();
  if (!carrier.claim->facts.alone) {
    ring();  // The others need not wait for it any more.
  }
  schedule(i, 0);
}

void VirtualWorker::run(std::size_t i) {
  Carrier& carrier = carriers_[i];
  const LeaseFacts& facts = carrier.claim->facts;
  if (carrier.units_written == facts.units) {
    return finish(i);
  }
  const std::uint64_t unit = facts.first_unit + carrier.units_written;
  if (carrier.in_unit) {
    memory_.write(facts.result_offset, {ShardId{facts.shard}, carrier.claim->attempt}, place_,
                  epoch_, carrier.units_written, value_of_unit(unit));
    ++carrier.units_written;
    carrier.in_unit = false;
    schedule(i, world_.random.between(0, 5 * kUs));
    return;
  }
  if (facts.alone) {
    last_unit_ = static_cast<std::int64_t>(unit);
  }
  if (!survives(i, unit)) {
    return;
  }
  carrier.in_unit = true;
  const std::uint64_t typical_ns = world_.plan.unit_ns;
  schedule(i, world_.random.chance(10) ? world_.random.between(20 * typical_ns, 60 * typical_ns)
                                       : world_.random.between(typical_ns / 2, typical_ns * 3 / 2));
}

bool VirtualWorker::survives(std::size_t i, std::uint64_t unit) {
  const auto poison = world_.plan.poison.find(unit);
  if (poison == world_.plan.poison.end()) {
    return true;
  }
  switch (poison->second) {
    case Poison::kSegmentation:
      kill({SIGSEGV, 0, false});
      break;
    case Poison::kAbort:
      kill({SIGABRT, 0, false});
      break;
    case Poison::kExit:
      kill({0, 3, false});
      break;
    case Poison::kMemoryKill:
      kill({SIGKILL, 0, false});
      break;
    case Poison::kThrow: {
      ++world_.judge.happened.throws;
      Carrier& carrier = carriers_[i];
      const Claim claim = *carrier.claim;
      table_.let_go(claim, WorkerId{place_}, epoch_);
      carrier.phase = Carrier::Phase::kIdle;
      carrier.claim.reset();
      last_unit_ = -1;
      observer_.unit_threw(place_, epoch_, {ShardId{claim.facts.shard}, claim.attempt}, unit);
      ring();
      break;
    }
  }
  return false;
}

void VirtualWorker::finish(std::size_t i) {
  Carrier& carrier = carriers_[i];
  const std::uint64_t took_ns = world_.queue.now_ns() - carrier.started_ns;
  if (!table_.finish(*carrier.claim, WorkerId{place_}, epoch_, took_ns)) {
    ++world_.judge.happened.finishes_refused;
  }
  carrier.phase = Carrier::Phase::kIdle;
  carrier.claim.reset();
  last_unit_ = -1;
  observer_.worker_rang(place_);
  ring();
}

}  // namespace strata
