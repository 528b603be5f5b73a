#include "coordinator/simulate/simulation.h"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <type_traits>

#include "coordinator/simulate/describe.h"
#include "coordinator/simulate/network.h"
#include "coordinator/simulate/virtual_host.h"

namespace strata {
namespace {

constexpr std::uint64_t kBoundNs = 120'000'000'000;  // Two virtual minutes; runs need seconds.

class Simulation {
 public:
  Simulation(const FaultPlan& plan, bool trace)
      : plan_(plan),
        trace_(trace),
        random_(plan.seed + 0x5eed),
        step_faults_{plan.step_kills, plan.step_pauses},
        network_(queue_, random_, judge_, plan),
        core_(plan.core, plan.shards) {
    for (std::uint32_t host = 0; host < plan.core.hosts; ++host) {
      hosts_.push_back(std::make_unique<VirtualHost>(
          World{queue_, random_, judge_, plan_, step_faults_}, host, [this, host](Event event) {
            network_.send(host, [this, event = std::move(event)] { feed(event); });
          }));
    }
  }

  SimulationReport run() {
    for (const auto& host : hosts_) {
      host->start();
    }
    for (const Fault& fault : plan_.faults) {
      queue_.after(fault.at_ns, [this, fault] { befall(fault); });
    }
    while (!core_.finished() && queue_.now_ns() < kBoundNs && queue_.run_next()) {
    }
    if (!core_.finished()) {
      judge_.violated("not finished after " + std::to_string(queue_.now_ns() / 1'000'000) +
                      " ms: " + std::to_string(core_.counts().units_completed) + " of " +
                      std::to_string(core_.counts().units_expected) + " units, " +
                      std::to_string(core_.leases_out().size()) + " leases out");
    }
    judge_end();
    report_.violations = judge_.violations();
    report_.virtual_ns = queue_.now_ns();
    report_.counts = core_.counts();
    report_.happened = judge_.happened;
    return report_;
  }

 private:
  struct Committed {
    HostId host{};
    event::Completion completion;
  };

  void befall(const Fault& fault) {
    if (trace_) {
      std::fprintf(stderr, "%12.6f fault %d host %u place %u for %.3f ms\n", seconds(),
                   static_cast<int>(fault.kind), fault.host, fault.place,
                   static_cast<double>(fault.for_ns) / 1e6);
    }
    switch (fault.kind) {
      case Fault::Kind::kKill:
        return hosts_[fault.host]->kill_worker(fault.place);
      case Fault::Kind::kPause:
        return hosts_[fault.host]->pause_worker(fault.place, fault.for_ns);
      case Fault::Kind::kPartition:
        return network_.partition(fault.host, fault.for_ns);
      case Fault::Kind::kHostLost:
        if (fault.place % 2 == 0) {  // Else it is only taken for lost, and talks on.
          hosts_[fault.host]->lose();
          network_.cut(fault.host);
        }
        queue_.after(fault.for_ns,
                     [this, host = fault.host] { feed(event::HostLost{HostId{host}}); });
        return;
      case Fault::Kind::kCoreAsleep:
        asleep_until_ns_ = std::max(asleep_until_ns_, queue_.now_ns() + fault.for_ns);
        return;
    }
  }

  void feed(const Event& event) {
    if (queue_.now_ns() < asleep_until_ns_) {
      queue_.after(asleep_until_ns_ - queue_.now_ns(), [this, event] { feed(event); });
      return;
    }
    const auto* ended = std::get_if<event::WorkerEnded>(&event);
    const std::uint32_t restarts = ended == nullptr ? 0 : core_.restarts(ended->worker);
    if (const auto* lost = std::get_if<event::HostLost>(&event)) {
      lost_hosts_.insert(value_of(lost->host));
    }
    actions_.clear();
    core_.step(queue_.now_ns(), event, actions_);
    record(event);
    for (const Action& action : actions_) {
      record(action);
      judge(event, action);
      dispatch(action);
    }
    if (ended != nullptr) {
      judge_leases_of_dead(*ended);
      const bool is_first = ended_.insert({ended->worker, ended->epoch}).second;
      const std::uint32_t more = core_.restarts(ended->worker) - restarts;
      if (more != 0 && !(more == 1 && is_first)) {
        judge_.violated("an end told again, or an old one, changes the epoch of worker " +
                        std::to_string(value_of(ended->worker)));
      }
    }
    const std::uint64_t due_ns = core_.next_tick_ns();
    if (due_ns < tick_ns_) {
      tick_ns_ = due_ns;
      queue_.after(due_ns - std::min(due_ns, queue_.now_ns()), [this, due_ns] {
        if (tick_ns_ == due_ns) {
          tick_ns_ = std::numeric_limits<std::uint64_t>::max();
          feed(event::Tick{});
        }
      });
    }
  }

  void dispatch(const Action& action) {
    if (const auto* finish = std::get_if<action::Finish>(&action)) {
      report_.failure = finish->failure;
      return;
    }
    const std::uint32_t host = destination(action);
    if (lost_hosts_.contains(host)) {
      judge_.violated("the lost host " + std::to_string(host) + " is told " + text_of(action));
    }
    network_.send(host, [this, host, action] { hosts_[host]->receive(action); });
  }

  [[nodiscard]] std::uint32_t destination(const Action& action) const {
    return std::visit(
        [&](const auto& a) -> std::uint32_t {
          if constexpr (requires { a.host; }) {
            return value_of(a.host);
          } else if constexpr (requires { a.worker; }) {
            return value_of(a.worker) / plan_.core.workers_per_host;
          } else {
            return 0;
          }
        },
        action);
  }

  void judge(const Event& event, const Action& action) {
    if (const auto* offer = std::get_if<action::Offer>(&action)) {
      for (const action::Lease& lease : offer->leases) {
        const bool is_new = offered_.emplace(lease.id, lease.range.units).second;
        judge_.happened.copies += is_new && lease.id.attempt > 1 ? 1U : 0U;
        judge_.happened.leases_alone += is_new && lease.alone ? 1U : 0U;
      }
    } else if (const auto* commit = std::get_if<action::Commit>(&action)) {
      judge_commit(std::get<event::Completed>(event), *commit);
    } else if (const auto* discard = std::get_if<action::Discard>(&action)) {
      if (const auto found = committed_.find(discard->lease.shard);
          found != committed_.end() && found->second.completion.lease == discard->lease) {
        judge_.violated("the committed attempt of shard " +
                        std::to_string(value_of(discard->lease.shard)) + " is discarded");
      }
      if (discarded_.insert(discard->lease).second) {
        ++judge_.happened.discards;
        units_discarded_ += offered_[discard->lease];
      }
    } else if (const auto* revoke = std::get_if<action::Revoke>(&action)) {
      if (const auto found = committed_.find(revoke->lease.shard);
          found != committed_.end() && found->second.completion.lease == revoke->lease) {
        judge_.violated("the committed attempt of shard " +
                        std::to_string(value_of(revoke->lease.shard)) + " is revoked");
      }
    } else {
      judge_.happened.fences += std::holds_alternative<action::Fence>(action) ? 1U : 0U;
      judge_.happened.restarts += std::holds_alternative<action::Restart>(action) ? 1U : 0U;
    }
  }

  void judge_commit(const event::Completed& event, const action::Commit& commit) {
    const auto completion =
        std::ranges::find(event.completions, commit.lease, &event::Completion::lease);
    const std::string shard = "shard " + std::to_string(value_of(commit.lease.shard));
    const auto [found, is_first] =
        committed_.try_emplace(commit.lease.shard, Committed{commit.host, *completion});
    if (!is_first) {
      if (found->second.completion.lease != commit.lease) {
        judge_.violated(shard + " is committed twice, as attempts " +
                        std::to_string(found->second.completion.lease.attempt) + " and " +
                        std::to_string(commit.lease.attempt));
      }
      return;
    }
    if (!hosts_[value_of(commit.host)]->has_result(*completion)) {
      judge_.violated(shard + " is committed without the result of its attempt");
    }
    for (std::uint32_t i = 0; i < commit.range.units; ++i) {
      if (!units_.insert(commit.range.first_unit + i).second) {
        judge_.violated("unit " + std::to_string(commit.range.first_unit + i) +
                        " is committed twice");
      }
    }
  }

  void judge_leases_of_dead(const event::WorkerEnded& ended) {
    if (core_.finished() ||
        lost_hosts_.contains(value_of(ended.worker) / plan_.core.workers_per_host)) {
      return;
    }
    for (const OutLease& out : core_.leases_out()) {
      if (std::ranges::find(ended.held, out.lease) != ended.held.end()) {
        judge_.violated("shard " + std::to_string(value_of(out.lease.shard)) + " attempt " +
                        std::to_string(out.lease.attempt) + " is still leased to the dead");
      }
    }
  }

  void judge_end() {
    for (const auto& [shard, committed] : committed_) {
      const auto host = value_of(committed.host);
      if (!hosts_[host]->has_result(committed.completion)) {
        judge_.violated("the committed result of shard " + std::to_string(value_of(shard)) +
                        " has changed");
      }
    }
    for (const auto& host : hosts_) {
      host->check_memory();
    }
    if (units_.size() != core_.counts().units_completed) {
      judge_.violated(std::to_string(units_.size()) + " units are committed, counted are " +
                      std::to_string(core_.counts().units_completed));
    }
    if (units_discarded_ != core_.counts().duplicates_discarded) {
      judge_.violated(std::to_string(units_discarded_) + " units were discarded, counted are " +
                      std::to_string(core_.counts().duplicates_discarded));
    }
    const std::string& failure = report_.failure;
    if (failure.starts_with("every host was lost")) {
      if (lost_hosts_.size() != plan_.core.hosts) {
        judge_.violated("not every host was lost: " + failure);
      }
      return;
    }
    if (failure.starts_with("worker ")) {
      if (judge_.happened.ends_before_ready < plan_.core.max_early_ends) {
        judge_.violated("no worker ended so often before it was ready: " + failure);
      }
      return;
    }
    unsigned long long named = 0;
    if (!failure.empty() &&
        (std::sscanf(failure.c_str(), "unit %llu ", &named) != 1 || !deserves_blame(named))) {
      judge_.violated("an innocent is blamed: " + failure);
    }
    for (std::uint64_t unit = 0; core_.finished() && unit < plan_.units; ++unit) {
      const bool done = units_.contains(unit);
      if (!done && (failure.empty() || !deserves_blame(unit))) {
        judge_.violated("unit " + std::to_string(unit) + " is not committed, '" + failure + "'");
      }
      if (done && plan_.poison.contains(unit)) {
        judge_.violated("unit " + std::to_string(unit) + " cannot be done and is");
      }
    }
  }

  [[nodiscard]] bool deserves_blame(std::uint64_t unit) const {
    const auto killed = judge_.killed_alone.find(unit);
    return plan_.poison.contains(unit) ||
           (killed != judge_.killed_alone.end() && killed->second >= plan_.core.poison_count);
  }

  template <typename Said>
  void record(const Said& said) {
    ++report_.events;
    report_.digest = (report_.digest ^ queue_.now_ns()) * 0x100'0000'01b3 + digest_of(said);
    if (trace_) {
      std::fprintf(stderr, "%12.6f %s%s\n", seconds(), std::is_same_v<Said, Action> ? "  -> " : "",
                   text_of(said).c_str());
    }
  }
  [[nodiscard]] double seconds() const { return static_cast<double>(queue_.now_ns()) / 1e9; }

  const FaultPlan& plan_;
  bool trace_;
  Judge judge_;
  EventQueue queue_;
  Random random_;
  World::StepFaults step_faults_;
  Network network_;
  Core core_;
  std::vector<std::unique_ptr<VirtualHost>> hosts_;
  std::vector<Action> actions_;
  std::uint64_t tick_ns_ = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t asleep_until_ns_ = 0;
  SimulationReport report_;

  std::map<ShardId, Committed> committed_;
  std::map<ShardAttempt, std::uint32_t> offered_;  // With the number of units
  std::uint64_t units_discarded_ = 0;
  std::set<ShardAttempt> discarded_;
  std::set<std::pair<WorkerId, Epoch>> ended_;
  std::set<std::uint64_t> units_;
  std::set<std::uint32_t> lost_hosts_;
};

}  // namespace

void Happened::add(const Happened& other) {
  messages_lost += other.messages_lost;
  messages_repeated += other.messages_repeated;
  killed_before_owning += other.killed_before_owning;
  killed_before_finishing += other.killed_before_finishing;
  finishes_refused += other.finishes_refused;
  discards += other.discards;
  fences += other.fences;
  restarts += other.restarts;
  leases_alone += other.leases_alone;
  copies += other.copies;
  refused_full += other.refused_full;
  throws += other.throws;
  ends_before_ready += other.ends_before_ready;
}

SimulationReport simulate(const FaultPlan& plan, bool trace) {
  return Simulation(plan, trace).run();
}

}  // namespace strata
