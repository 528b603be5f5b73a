#include "coordinator/cluster/live_core.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "shared/os/clock.h"

namespace strata {
namespace {

constexpr HostId kHost{0};
// Shards out at once to one host: bounds what a report lists, and is far above what its workers can
// take between two looks of the agent.
constexpr std::uint32_t kCredits = 8192;

std::uint64_t packed(ShardAttempt lease) {
  return (std::uint64_t{value_of(lease.shard)} << 32U) | lease.attempt;
}

ShardAttempt attempt_of(const LeaseKey& key) { return {key.shard, key.attempt}; }
LeaseKey key_of(const ShardAttempt& lease) { return {lease.shard, lease.attempt}; }

}  // namespace

event::WorkerEnded ended_event(const WorkerEnd& end) {
  event::WorkerEnded ended{.worker = WorkerId{end.place},
                           .epoch = end.epoch,
                           .end = {end.how.signal, end.how.exit_code, end.by_strata},
                           .held = {},
                           .last_unit = end.last_unit,
                           .was_ready = end.was_ready};
  for (const HeldLease& lease : end.held) {
    ended.held.push_back(attempt_of(lease.key));
  }
  return ended;
}

LiveCore::LiveCore(EventLoop& loop, HostAgent& agent, const CoreConfig& config,
                   const std::vector<ShardRange>& shards, Told told)
    : loop_(loop),
      agent_(agent),
      processors_(config.workers_per_host * config.processors_per_worker),
      told_(std::move(told)),
      core_(config, shards),
      units_of_(config.workers_per_host, 0) {
  pieces_.reserve(shards.size());
}

LiveCore::~LiveCore() { loop_.cancel(tick_timer_); }

void LiveCore::start() {
  running_ = true;
  for (const WorkerStatus& worker : agent_.status()) {
    core_.step(now_ns(), event::WorkerReady{WorkerId{worker.worker}, worker.epoch}, actions_);
  }
  start_ns_ = now_ns();
  last_commit_ns_ = start_ns_;
  step(event::HostUp{kHost, kCredits});
}

void LiveCore::stop() {
  running_ = false;
  loop_.cancel(tick_timer_);
}

void LiveCore::step(const Event& event) {
  if (!running_) {
    return;
  }
  core_.step(now_ns(), event, actions_);
  apply(std::exchange(actions_, {}));
  if (running_) {
    schedule_tick();
  }
}

void LiveCore::apply(const std::vector<Action>& actions) {
  for (const Action& action : actions) {
    std::visit([this](const auto& each) { do_action(each); }, action);
  }
}

void LiveCore::schedule_tick() {
  loop_.cancel(tick_timer_);
  const std::uint64_t due = core_.next_tick_ns();
  if (due != UINT64_MAX) {
    tick_timer_ = loop_.at(due, [this] { step(event::Tick{}); });
  }
}

void LiveCore::do_action(const action::Offer& offer) {
  std::vector<OfferedLease> leases;
  leases.reserve(offer.leases.size());
  for (const action::Lease& lease : offer.leases) {
    leases.push_back({key_of(lease.id), lease.range.first_unit, lease.range.units, lease.alone});
  }
  if (auto offered = agent_.offer(leases); !offered) {
    stop();
    told_.failed(offered.error());
  }
}

void LiveCore::do_action(const action::Revoke& revoke) { agent_.revoke(key_of(revoke.lease)); }

void LiveCore::do_action(const action::Commit& commit) {
  const auto found = finished_by_.find(packed(commit.lease));
  if (found == finished_by_.end()) {
    return;  // Told again: it is committed already.
  }
  const ResultView view = agent_.commit(key_of(commit.lease));
  pieces_.push_back({commit.range.first_unit, commit.range.units, view.sums, view.slots});
  units_of_[found->second] += commit.range.units;
  finished_by_.erase(found);
  last_commit_ns_ = now_ns();
}

void LiveCore::do_action(const action::Discard& discard) {
  finished_by_.erase(packed(discard.lease));
  agent_.discard(key_of(discard.lease));
}

void LiveCore::do_action(const action::Fence& fence) {
  agent_.fence(value_of(fence.worker), fence.epoch);
}

void LiveCore::do_action(const action::Restart& restart) {
  const auto workers = agent_.status();
  const WorkerStatus& worker = workers[value_of(restart.worker)];
  if (worker.state != WorkerState::kDead || worker.epoch >= restart.epoch) {
    return;  // Told again
  }
  if (auto restarted = agent_.restart(value_of(restart.worker), restart.epoch); !restarted) {
    stop();
    told_.failed(restarted.error());
  }
}

void LiveCore::do_action(const action::Finish& finish) {
  stop();
  told_.finished(finish.failure);
}

void LiveCore::worker_ready(std::uint32_t place, Epoch epoch) {
  step(event::WorkerReady{WorkerId{place}, epoch});
}

void LiveCore::worker_ended(const WorkerEnd& end) {
  const event::WorkerEnded ended = ended_event(end);
  for (const ShardAttempt& lease : ended.held) {
    held_since_.erase(packed(lease));
  }
  step(ended);
}

void LiveCore::completed(std::span<const DoneLease> done) {
  event::Completed completed{.host = kHost, .completions = {}};
  completed.completions.reserve(done.size());
  for (const DoneLease& lease : done) {
    const ShardAttempt attempt = attempt_of(lease.key);
    finished_by_[packed(attempt)] = lease.worker;
    held_since_.erase(packed(attempt));
    completed.completions.push_back({attempt, WorkerId{lease.worker}, lease.epoch, lease.took_ns});
  }
  step(completed);
}

void LiveCore::unit_threw(std::uint32_t place, Epoch epoch, LeaseKey lease, std::uint64_t unit,
                          const std::string& message) {
  step(event::UnitThrew{attempt_of(lease), WorkerId{place}, epoch, unit, message});
}

event::HostReport LiveCore::host_report() {
  const std::uint64_t now = now_ns();
  event::HostReport report{.host = kHost, .running = {}, .offered = {}, .idle_processors = 0};
  for (const HeldLease& lease : agent_.book().held()) {
    const ShardAttempt attempt = attempt_of(lease.key);
    const auto since = held_since_.try_emplace(packed(attempt), now).first->second;
    report.running.push_back({attempt, WorkerId{lease.worker}, now - since});
  }
  for (const LeaseKey& lease : agent_.book().unclaimed()) {
    report.offered.push_back(attempt_of(lease));
  }
  const auto busy = static_cast<std::uint32_t>(report.running.size());
  report.idle_processors = processors_ > busy ? processors_ - busy : 0;
  return report;
}

void LiveCore::beats(std::span<const std::pair<std::uint32_t, Epoch>> workers) {
  for (const auto& [place, epoch] : workers) {
    step(event::Beat{WorkerId{place}, epoch});
  }
  if (running_) {
    step(host_report());
  }
}

std::uint32_t LiveCore::restarts(std::uint32_t place) const {
  return core_.restarts(WorkerId{place});
}

double LiveCore::makespan_s() const { return seconds_between(start_ns_, last_commit_ns_); }
double LiveCore::elapsed_s() const { return seconds_between(start_ns_, now_ns()); }

std::vector<Piece> LiveCore::pieces_in_order() const {
  std::vector<Piece> pieces = pieces_;
  std::sort(pieces.begin(), pieces.end(),
            [](const Piece& a, const Piece& b) { return a.first_unit < b.first_unit; });
  return pieces;
}

}  // namespace strata
