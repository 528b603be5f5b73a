#include "coordinator/cluster/core.h"

#include <algorithm>

#include "coordinator/cluster/core_state.h"
#include "shared/base/check.h"

namespace strata {

Core::State::State(const CoreConfig& core_config, const std::vector<ShardRange>& ranges)
    : config(core_config),
      hosts(core_config.hosts),
      workers(std::size_t{core_config.hosts} * core_config.workers_per_host) {
  shards.reserve(ranges.size());
  for (const ShardRange& range : ranges) {
    STRATA_CHECK(range.units > 0, range.first_unit);
    fresh.push_back(ShardId{static_cast<std::uint32_t>(shards.size())});
    shards.emplace_back().range = range;
    counts.units_expected += range.units;
  }
  open_shards = shards.size();
}

ShardState* Core::State::find(ShardId shard) {
  return value_of(shard) < shards.size() ? &shards[value_of(shard)] : nullptr;
}

WorkerRecord* Core::State::find(WorkerId worker) {
  return value_of(worker) < workers.size() ? &workers[value_of(worker)] : nullptr;
}

HostState* Core::State::find(HostId host) {
  return value_of(host) < hosts.size() && !hosts[value_of(host)].lost ? &hosts[value_of(host)]
                                                                      : nullptr;
}

AttemptRecord* Core::State::find(ShardState& shard, Attempt attempt) {
  const auto found = std::ranges::find(shard.attempts, attempt, &AttemptRecord::number);
  return found == shard.attempts.end() ? nullptr : &*found;
}

HostId Core::State::host_of(WorkerId worker) const {
  return HostId{value_of(worker) / config.workers_per_host};
}

void Core::State::tick_by(std::uint64_t deadline_ns) {
  next_tick_ns = std::min(next_tick_ns, deadline_ns);
}

Core::Core(const CoreConfig& config, const std::vector<ShardRange>& shards)
    : state_(std::make_unique<State>(config, shards)) {}
Core::~Core() = default;

namespace {

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

}  // namespace

void Core::step(std::uint64_t now_ns, const Event& event, std::vector<Action>& actions) {
  State& s = *state_;
  STRATA_CHECK(now_ns >= s.now_ns, now_ns, s.now_ns);
  s.now_ns = now_ns;
  if (s.finished) {
    return;
  }
  s.actions = &actions;
  std::visit(Overloaded{[&](const event::HostUp& e) { s.host_up(e); },
                        [&](const event::HostLost& e) { s.host_lost(e); },
                        [&](const event::WorkerReady& e) { s.worker_ready(e.worker, e.epoch); },
                        [&](const event::WorkerEnded& e) { s.worker_ended(e); },
                        [&](const event::Beat& e) { s.worker_ready(e.worker, e.epoch); },
                        [&](const event::Completed& e) { s.completed(e); },
                        [&](const event::UnitThrew& e) { s.unit_threw(e); },
                        [&](const event::HostReport& e) { s.host_report(e); },
                        [&](const event::Tick&) { s.tick(); }},
             event);
  s.finish_if_over();
  if (!s.finished) {
    s.assign();
  }
  s.actions = nullptr;
}

std::uint64_t Core::next_tick_ns() const {
  return state_->finished ? kNever : state_->next_tick_ns;
}

bool Core::finished() const { return state_->finished; }

const CoreCounts& Core::counts() const { return state_->counts; }

std::uint32_t Core::restarts(WorkerId worker) const {
  const WorkerRecord* state = state_->find(worker);
  return state == nullptr ? 0 : state->epoch - 1;
}

std::vector<OutLease> Core::leases_out() const {
  std::vector<OutLease> out;
  for (std::uint32_t i = 0; i < state_->shards.size(); ++i) {
    for (const AttemptRecord& attempt : state_->shards[i].attempts) {
      if (attempt.state == AttemptRecord::State::kOut) {
        out.push_back({{ShardId{i}, attempt.number}, attempt.host, attempt.holder});
      }
    }
  }
  return out;
}

}  // namespace strata
