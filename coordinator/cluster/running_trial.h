// One trial in a live cluster, from the plan to the result: the join of the core (what is to be
// done), the agent (who does it) and the job (what it means).
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "coordinator/cluster/core.h"
#include "coordinator/cluster/off_loop.h"
#include "coordinator/cluster/trial.h"
#include "shared/host/agent.h"

namespace strata {

class LocalCluster;

class Trial {
 public:
  Trial(LocalCluster& cluster, TrialRequest request, TrialObserver observer,
        std::uint64_t launched_ns);
  ~Trial();
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  // Starts with the plan.
  void begin();
  // The layout's workers are all ready / cannot be.
  void workers_ready(Status status);
  void cancel(Error reason);

  // Whether the core decides about workers that end; before, the cluster replaces them itself.
  [[nodiscard]] bool has_core() const { return core_ != nullptr; }

  // As AgentListener's.
  void worker_ready(std::uint32_t place, Epoch epoch);
  void worker_opened();
  void open_failed(const std::string& why);
  void worker_ended(std::uint32_t place, Epoch epoch, const ExitInfo& how, bool by_strata,
                    std::span<const HeldLease> held, std::int64_t last_unit);
  void completed(std::span<const DoneLease> done);
  void unit_threw(std::uint32_t place, Epoch epoch, LeaseKey lease, std::uint64_t unit,
                  const std::string& message);
  void beats(std::span<const std::pair<std::uint32_t, Epoch>> workers);
  void closed();

 private:
  enum class Phase : std::uint8_t { kPreparing, kOpening, kRunning, kClosing, kFinishing };

  void make_plan(std::function<void()> then);
  void planned();
  void planned_again();
  void calibrate();
  void open_when_prepared();
  void start();
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
  void close(std::uint64_t grace_ns);
  void fail(Error error);
  void finish();
  void report_result();
  [[nodiscard]] event::HostReport host_report();
  [[nodiscard]] std::vector<Piece> pieces_in_order() const;

  LocalCluster& cluster_;
  EventLoop& loop_;
  const TrialRequest request_;
  const TrialObserver observer_;
  const std::uint64_t launched_ns_;
  Phase phase_ = Phase::kPreparing;

  std::atomic<bool> cancelled_{false};  // Read by the job on the other thread
  std::unique_ptr<Job> job_;
  OffLoop off_loop_;
  bool uncalibrated_ = false;
  double operations_per_us_ = 0;      // As plan_
  std::optional<Result<Plan>> plan_;  // Written off the loop, read after it is back
  bool workers_ready_ = false;
  std::optional<Error> error_;  // What done() will get instead of a result

  std::vector<ShardRange> shards_;
  std::unique_ptr<Core> core_;
  std::vector<Action> actions_;
  EventLoop::TimerId tick_timer_ = 0;
  EventLoop::TimerId timeout_timer_ = 0;
  std::uint64_t start_ns_ = 0;
  std::uint64_t last_commit_ns_ = 0;
  std::vector<Piece> pieces_;
  std::unordered_map<std::uint64_t, std::uint64_t> held_since_;  // Lease to when it was seen first
  struct Finished {
    std::uint32_t worker = 0;
  };
  std::unordered_map<std::uint64_t, Finished> finished_;  // Lease to who completed it
  std::vector<std::uint64_t> units_of_;                   // Committed, by place
  RunResult result_;
};

}  // namespace strata
