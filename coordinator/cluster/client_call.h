// One conversation of a command with a cluster that is up, from hello to the last answer.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "coordinator/cluster/cluster_folder.h"
#include "shared/base/result.h"
#include "shared/os/event_loop.h"
#include "shared/transport/net.h"

namespace strata {

class ClientCall {
 public:
  // How long an answer that needs no work may take.
  static constexpr double kAnswer_s = 5;
  // How long an interrupted call waits for the cluster to say that it has let go.
  static constexpr double kFarewell_s = 0.7;

  // Connects and says hello. `cluster` must outlive the call. Errors: the cluster is of another
  // version, does not answer, or ends meanwhile; interrupted.
  static Result<std::unique_ptr<ClientCall>> open(const FoundCluster& cluster);
  ~ClientCall();
  ClientCall(const ClientCall&) = delete;
  ClientCall& operator=(const ClientCall&) = delete;

  // Takes messages in order; true when that was the last one it needs.
  using Taker = std::function<bool(wire::ToClient&)>;
  // Sends a request and gives the answers to `take`. A Refused ends it with that error; so do a
  // signal (a running trial is cancelled first), the cluster's end, and `limit_s` without the last
  // answer (0: none).
  Status ask(const wire::ToCluster& request, const Taker& take, double limit_s);
  [[nodiscard]] bool cluster_has_ended() const { return ended_; }
  // Waits for the end of the cluster's process.
  Status wait_for_end(double limit_s);

 private:
  ClientCall(const FoundCluster& cluster, std::unique_ptr<EventLoop> loop,
             std::unique_ptr<NetClient> net)
      : cluster_(cluster), loop_(std::move(loop)), net_(std::move(net)) {}
  Status watch();
  void hear();
  void interrupted();
  void cluster_ended();
  void end(std::optional<Error> error);
  Status run(double limit_s);

  const FoundCluster& cluster_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<NetClient> net_;
  Taker take_;
  bool cancellable_ = false;  // A trial of ours is with the cluster.
  bool ended_ = false;        // The cluster's process
  bool waiting_for_end_ = false;
  bool over_ = false;           // The ask or wait under way
  std::optional<Error> error_;  // Likewise: why it failed
};

// Sends SIGTERM to a cluster that one cannot talk to, and waits for the end of its process.
Status terminate(const FoundCluster& cluster, double limit_s);

}  // namespace strata
