// The host agent: owns the shared segment of one host, starts, pins, watches and reaps its workers,
// offers them leases and tells what became of these. One thread, the loop's; the coordinator is the
// agent of its own host.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "shared/base/ids.h"
#include "shared/base/layout.h"
#include "shared/base/result.h"
#include "shared/host/host_trial.h"
#include "shared/host/lease_book.h"
#include "shared/host/pages.h"
#include "shared/host/trial_memory.h"
#include "shared/host/worker_slot.h"
#include "shared/host/worker_starter.h"
#include "shared/host/worker_status.h"
#include "shared/os/event_loop.h"
#include "shared/os/process.h"
#include "shared/os/segment.h"

namespace strata {

// The end of a worker's process.
struct WorkerEnd {
  std::uint32_t place = 0;
  Epoch epoch = 0;
  ExitInfo how;
  bool by_strata = false;            // The agent killed it, by fence() or stop().
  bool was_ready = false;            // It had told so: what ended it is not its start.
  std::vector<HeldLease> held;       // Claimed in the open trial, not done, and revoked now
  std::int64_t last_unit = kNoUnit;  // The unit it was about to run, of alone leases only
};

// What an agent tells; called on the loop's thread, never from within a call to the agent.
// `place` is the worker's number on its host, from 0.
class AgentListener {
 public:
  AgentListener() = default;
  AgentListener(const AgentListener&) = delete;
  AgentListener& operator=(const AgentListener&) = delete;
  virtual ~AgentListener() = default;

  virtual void worker_ready(std::uint32_t place, Epoch epoch) = 0;
  // It made the job and waits for leases / could not, because of `why`.
  virtual void worker_opened(std::uint32_t place, Epoch epoch) = 0;
  virtual void open_failed(std::uint32_t place, const std::string& why) = 0;
  virtual void worker_ended(const WorkerEnd& end) = 0;
  virtual void completed(std::span<const DoneLease> done) = 0;
  virtual void unit_threw(std::uint32_t place, Epoch epoch, LeaseKey lease, std::uint64_t unit,
                          const std::string& message) = 0;
  // Since the last call these were heard of.
  virtual void beats(std::span<const std::pair<std::uint32_t, Epoch>> workers) = 0;
  // Every worker has left the trial, or is dead.
  virtual void trial_closed() = 0;
};

class HostAgent {
 public:
  struct Options {
    std::uint32_t first_worker = 0;  // WorkerId of place 0
    std::string worker_program;      // Path of strata-worker
    int output_fd = 2;               // Where the workers' stdout goes; their stderr is ours
  };

  static Result<std::unique_ptr<HostAgent>> make(EventLoop& loop, Options options,
                                                 AgentListener& listener);
  ~HostAgent();
  HostAgent(const HostAgent&) = delete;
  HostAgent& operator=(const HostAgent&) = delete;

  // Starts the layout's workers. None is alive before: stop() first where a layout changes; a
  // zygote that runs already is used. On error those started are gone again.
  Status start(const Layout& layout);
  // Starts the next process of a worker that ended.
  Status restart(std::uint32_t place, Epoch epoch);
  // Kills every worker and waits until they are dead. The zygote stays.
  void stop();
  // The worker `place` of epoch `epoch` is to die; worker_ended follows.
  void fence(std::uint32_t place, Epoch epoch);

  // Lays a trial out in the segment and has every ready worker open it; workers that become ready
  // later open it too. The rest is HostTrial's.
  Status open_trial(JobImage image, std::span<const std::uint32_t> shard_units);
  Status offer(std::span<const OfferedLease> leases);
  void revoke(const LeaseKey& lease) { trial_->revoke(lease); }
  ResultView commit(const LeaseKey& lease) { return trial_->commit(lease); }
  void discard(const LeaseKey& lease) { trial_->discard(lease); }
  [[nodiscard]] std::uint64_t late_units() { return trial_->late_units(); }
  [[nodiscard]] const LeaseBook& book() const { return trial_->book(); }
  // Committed results stay readable until release_trial(); workers leave, and trial_closed() tells
  // when the last has. Those that do not leave within `grace_ns` are killed.
  void close_trial(std::uint64_t grace_ns);
  void release_trial();

  [[nodiscard]] std::uint32_t workers() const { return static_cast<std::uint32_t>(slots_.size()); }
  [[nodiscard]] std::vector<WorkerStatus> status() const;
  // Sum of the workers' proportional set sizes now, in bytes (smaps_rollup).
  [[nodiscard]] std::uint64_t pss_bytes() const;

 private:
  HostAgent(EventLoop& loop, std::uint32_t first_worker, AgentListener& listener);
  Status start_processes(std::uint32_t first, std::uint32_t count, Epoch epoch);
  Status adopt(std::uint32_t place, Epoch epoch, Result<ChildProcess> process);
  void on_doorbell();
  void on_ended(std::uint32_t place);
  void on_reports(std::uint32_t place);
  void on_report(std::uint32_t place, const Report& report);
  void collect();
  void look();
  void send_open(std::uint32_t place);
  void check_closed();
  [[nodiscard]] WorkerPage& page(std::uint32_t place) const;
  void ring_workers();

  EventLoop& loop_;
  const std::uint32_t first_worker_;
  AgentListener& listener_;
  std::unique_ptr<WorkerStarter> starter_;
  Segment segment_;
  Mapping pages_;
  Layout layout_;
  std::vector<int> cpus_;  // pin_order()
  std::vector<WorkerSlot> slots_;

  std::unique_ptr<HostTrial> trial_;  // The one that is open; null: none
  std::uint32_t trial_number_ = 0;
  bool closing_ = false;
  EventLoop::TimerId look_timer_ = 0;  // Beats and finished leases, while a trial is open
  EventLoop::TimerId close_timer_ = 0;
};

}  // namespace strata
