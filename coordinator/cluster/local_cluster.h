// A live cluster: the agent of its host, and one trial at a time. Driven by an EventLoop; every
// call returns at once and answers come as calls on the loop's thread.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "coordinator/cluster/launcher.h"
#include "coordinator/cluster/trial.h"
#include "shared/host/agent.h"
#include "shared/os/event_loop.h"

namespace strata {

class Trial;

class LocalCluster final : private AgentListener {
 public:
  // `output_fd`: where the workers' stdout goes.
  static Result<std::unique_ptr<LocalCluster>> make(EventLoop& loop, Launcher& launcher,
                                                    int output_fd);
  // Kills every worker and waits for their end.
  ~LocalCluster() override;

  // Starts the workers of a layout, after the end of those of another one; `ready` is called once
  // all are ready, or with the reason why they cannot be. At once where the layout is up already.
  void launch(const Layout& layout, std::function<void(Status)> ready);

  // Runs one trial; the layout's workers are launched first where they are not up. `done` is called
  // once. `launched_ns`: where launch_s counts from. No trial is running before.
  using Done = std::function<void(Result<RunResult>)>;
  void run(TrialRequest request, TrialObserver observer, std::uint64_t launched_ns, Done done);
  // Ends the running trial early: its `done` gets `reason`. Without a trial, nothing.
  void cancel(Error reason);
  [[nodiscard]] bool running() const { return trial_ != nullptr; }

  [[nodiscard]] const Layout& layout() const { return layout_; }
  [[nodiscard]] std::vector<WorkerStatus> status() const { return agent_->status(); }
  [[nodiscard]] const std::string& host_name() const { return host_name_; }

 private:
  friend class Trial;
  explicit LocalCluster(EventLoop& loop);
  void worker_ready(std::uint32_t place, Epoch epoch) override;
  void worker_opened(std::uint32_t place, Epoch epoch) override;
  void open_failed(std::uint32_t place, const std::string& why) override;
  void worker_ended(const WorkerEnd& end) override;
  void completed(std::span<const DoneLease> done) override;
  void unit_threw(std::uint32_t place, Epoch epoch, LeaseKey lease, std::uint64_t unit,
                  const std::string& message) override;
  void beats(std::span<const std::pair<std::uint32_t, Epoch>> workers) override;
  void trial_closed() override;

  void launch_failed(const Error& error);
  void replace(std::uint32_t place, Epoch epoch, const ExitInfo& how);
  [[nodiscard]] bool all_ready() const;
  void finish_trial(Result<RunResult> result);

  EventLoop& loop_;
  std::unique_ptr<HostAgent> agent_;
  std::string host_name_;
  Layout layout_;
  bool up_ = false;                        // The layout's workers have been started.
  std::function<void(Status)> on_ready_;   // Of the launch under way
  std::vector<std::uint32_t> early_ends_;  // In a row, before being ready, by place
  std::unique_ptr<Trial> trial_;
  Done on_done_;
};

// How a process ended, in words: "with SIGKILL", "with exit status 3".
std::string describe(const ExitInfo& how);

}  // namespace strata
