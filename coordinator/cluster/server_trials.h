// The trials that clients ask of a cluster that stays: one runs, the others wait their turn.
//
// A client that vanishes takes its trial with it. Nothing tells of its leaving, so while a trial
// runs its client is written to at least four times a second, and the answer that there is no such
// client ends the trial.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "coordinator/cluster/local_cluster.h"
#include "coordinator/cluster/server_output.h"
#include "coordinator/cluster/server_post.h"

namespace strata {

class ServerTrials {
 public:
  static constexpr std::size_t kWaitingMax = 64;

  ServerTrials(EventLoop& loop, LocalCluster& cluster, ServerPost& post, ServerOutput& output)
      : loop_(loop), cluster_(cluster), post_(post), output_(output) {}
  ~ServerTrials();
  ServerTrials(const ServerTrials&) = delete;
  ServerTrials& operator=(const ServerTrials&) = delete;

  // Requests before open() wait.
  void open();
  // Runs it now or in its turn; every answer goes to the client.
  void add(const ClientId& client, const wire::RunRequest& request);
  // The client's trial ends, running or waiting, and is answered with kInterrupted.
  void cancel(const ClientId& client);
  // Ends all of them with `reason` and takes no more; `done` is called once nothing runs.
  void close(const Error& reason, std::function<void()> done);

  // The workload that runs, or empty.
  [[nodiscard]] std::string running() const;
  [[nodiscard]] std::uint32_t waiting() const { return static_cast<std::uint32_t>(queue_.size()); }
  [[nodiscard]] std::uint64_t done() const { return done_; }

 private:
  struct Asked {
    ClientId client;
    TrialRequest request;
    std::uint64_t launched_ns = 0;
    std::uint64_t sweep = 0;
  };

  void start_next();
  void start(Asked asked);
  [[nodiscard]] TrialObserver observer();
  void tell(const wire::ToClient& message);
  void stay_in_touch();
  void finished(Result<RunResult> result);
  std::string reference(const std::string& key, Job& job);

  EventLoop& loop_;
  LocalCluster& cluster_;
  ServerPost& post_;
  ServerOutput& output_;
  bool open_ = false;
  std::deque<Asked> queue_;
  std::optional<ClientId> client_;  // Of the trial that runs
  std::string workload_;            // Likewise
  bool client_gone_ = false;
  std::optional<wire::Progress> progress_;
  EventLoop::TimerId touch_timer_ = 0;
  std::uint64_t done_ = 0;
  std::optional<Error> closing_;
  std::function<void()> closed_;

  // Serial answers of earlier trials of one sweep, so that it pays for each once; never of another
  // one, because files may have changed since. A trial asks from another thread, hence the mutex;
  // what it got is kept when it ends well: a job that is cancelled may have answered anything.
  std::uint64_t sweep_ = 0;
  std::mutex mutex_;
  std::map<std::string, std::string> references_;                       // Guarded by mutex_
  std::optional<std::pair<std::string, std::string>> fresh_reference_;  // Guarded by mutex_
};

}  // namespace strata
