// The core of a trial, driven live: what the agent tells becomes an event, what the core wants done
// becomes a call to the agent, and a timer of the loop is its clock. Also keeps what the core has
// no use for: where the committed results lie and which worker they came from.
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "coordinator/cluster/core.h"
#include "shared/base/result.h"
#include "shared/host/agent.h"
#include "shared/os/event_loop.h"
#include "shared/workloads/workload.h"

namespace strata {

// What the agent tells of a worker's end, in the core's words.
event::WorkerEnded ended_event(const WorkerEnd& end);

class LiveCore {
 public:
  // One of the two, once; nothing is driven after it.
  struct Told {
    std::function<void(std::string failure)> finished;  // Empty: every shard is committed.
    std::function<void(Error error)> failed;            // The agent could not do it.
  };

  // `loop` and `agent` outlive it; the agent has one host's workers, and the trial open.
  LiveCore(EventLoop& loop, HostAgent& agent, const CoreConfig& config,
           const std::vector<ShardRange>& shards, Told told);
  ~LiveCore();
  LiveCore(const LiveCore&) = delete;
  LiveCore& operator=(const LiveCore&) = delete;

  // All workers have opened the trial: here the makespan begins.
  void start();
  // Events are ignored from now on.
  void stop();
  [[nodiscard]] bool running() const { return running_; }

  // As AgentListener's.
  void worker_ready(std::uint32_t place, Epoch epoch);
  void worker_ended(const WorkerEnd& end);
  void completed(std::span<const DoneLease> done);
  void unit_threw(std::uint32_t place, Epoch epoch, LeaseKey lease, std::uint64_t unit,
                  const std::string& message);
  void beats(std::span<const std::pair<std::uint32_t, Epoch>> workers);

  [[nodiscard]] const CoreCounts& counts() const { return core_.counts(); }
  [[nodiscard]] std::uint32_t restarts(std::uint32_t place) const;
  [[nodiscard]] std::uint64_t units_of(std::uint32_t place) const { return units_of_[place]; }
  // From the start to the last commit / to now.
  [[nodiscard]] double makespan_s() const;
  [[nodiscard]] double elapsed_s() const;
  // The committed results, by first unit; readable until the agent releases the trial.
  [[nodiscard]] std::vector<Piece> pieces_in_order() const;

 private:
  void step(const Event& event);
  void apply(const std::vector<Action>& actions);
  void do_action(const action::Offer& offer);
  void do_action(const action::Revoke& revoke);
  void do_action(const action::Commit& commit);
  void do_action(const action::Discard& discard);
  void do_action(const action::Fence& fence);
  void do_action(const action::Restart& restart);
  void do_action(const action::Finish& finish);
  void schedule_tick();
  [[nodiscard]] event::HostReport host_report();

  EventLoop& loop_;
  HostAgent& agent_;
  const std::uint32_t processors_;  // Of the host
  const Told told_;
  Core core_;
  bool running_ = false;
  std::vector<Action> actions_;
  EventLoop::TimerId tick_timer_ = 0;
  std::uint64_t start_ns_ = 0;
  std::uint64_t last_commit_ns_ = 0;
  std::vector<Piece> pieces_;
  std::unordered_map<std::uint64_t, std::uint64_t> held_since_;  // Lease to when it was seen first
  std::unordered_map<std::uint64_t, std::uint32_t>
      finished_by_;                      // Lease to the place of its worker
  std::vector<std::uint64_t> units_of_;  // Committed, by place
};

}  // namespace strata
