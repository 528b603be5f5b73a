// One trial in a live cluster, from the plan to the result:
//
//     kPreparing   TrialPreparation: the plan, the workers ready, a calibration
//     kOpening     the workers open it
//     kRunning     LiveCore: from the common start to the last commit
//     kClosing     the workers leave it
//     kFinishing   the job checks what the results come to
//
// An error in any phase leads through the ones behind it that have something to undo.
#pragma once
#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "coordinator/cluster/live_core.h"
#include "coordinator/cluster/off_loop.h"
#include "coordinator/cluster/trial.h"
#include "coordinator/cluster/trial_preparation.h"
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

  // Whether its layout can carry its units at all. To be asked before anything starts.
  [[nodiscard]] Status possible() const;
  // Starts with the plan.
  void begin();
  // The layout's workers are all ready / cannot be.
  void workers_ready(Status status);
  void cancel(Error reason);

  // What decides about workers and leases while units run, and until they have left the trial. Null
  // before: the cluster then replaces workers that end itself.
  [[nodiscard]] LiveCore* core() { return core_.get(); }

  // As AgentListener's.
  void worker_opened();
  void open_failed(const std::string& why);
  void beats(std::span<const std::pair<std::uint32_t, Epoch>> workers);
  void closed();

 private:
  enum class Phase : std::uint8_t { kPreparing, kOpening, kRunning, kClosing, kFinishing };

  void planned(const Plan& plan);
  void open();
  void start();
  void close(std::uint64_t grace_ns);
  void fail(Error error);
  void finish();
  void report_result();

  LocalCluster& cluster_;
  EventLoop& loop_;
  const TrialRequest request_;
  const TrialObserver observer_;
  const std::uint64_t launched_ns_;
  Phase phase_ = Phase::kPreparing;

  HostAgent& agent_;
  std::atomic<bool> cancelled_{false};  // Read by the job on another thread
  std::unique_ptr<Job> job_;
  TrialPreparation preparation_;
  std::vector<ShardRange> shards_;
  std::unique_ptr<LiveCore> core_;  // From the start on
  EventLoop::TimerId timeout_timer_ = 0;
  std::optional<Error> error_;  // What done() will get instead of a result
  RunResult result_;
  OffLoop off_loop_;  // The last: its destructor waits for finish(), which uses the others
};

}  // namespace strata
