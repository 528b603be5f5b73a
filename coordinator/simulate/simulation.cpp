#include "coordinator/simulate/simulation.h"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <memory>
#include <type_traits>

#include "coordinator/simulate/describe.h"
#include "coordinator/simulate/network.h"
#include "coordinator/simulate/referee.h"
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
        core_(plan.core, plan.shards),
        referee_(plan, judge_, core_, hosts_) {
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
    referee_.end(report_.failure);
    report_.violations = judge_.violations();
    report_.virtual_ns = queue_.now_ns();
    report_.counts = core_.counts();
    report_.happened = judge_.happened;
    return report_;
  }

 private:
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
    referee_.before(event);
    actions_.clear();
    core_.step(queue_.now_ns(), event, actions_);
    record(event);
    for (const Action& action : actions_) {
      record(action);
      referee_.said(event, action);
      dispatch(action);
    }
    referee_.after(event);
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
    const std::uint32_t host = host_of(action, plan_.core);
    network_.send(host, [this, host, action] { hosts_[host]->receive(action); });
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
  Referee referee_;
  std::vector<Action> actions_;
  std::uint64_t tick_ns_ = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t asleep_until_ns_ = 0;
  SimulationReport report_;
};

}  // namespace

SimulationReport simulate(const FaultPlan& plan, bool trace) {
  return Simulation(plan, trace).run();
}

}  // namespace strata
