// A cluster that stays, as its clients see it: greets them, runs their trials, tells its status and
// ends when it is asked to.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "coordinator/cluster/local_cluster.h"
#include "coordinator/cluster/server_output.h"
#include "coordinator/cluster/server_post.h"
#include "coordinator/cluster/server_trials.h"
#include "shared/transport/net.h"

namespace strata {

class ClusterServer {
 public:
  // All parts outlive the server.
  ClusterServer(EventLoop& loop, LocalCluster& cluster, NetServer& net, ServerOutput& output,
                std::string name);
  ~ClusterServer();
  ClusterServer(const ClusterServer&) = delete;
  ClusterServer& operator=(const ClusterServer&) = delete;

  // Serves from now on, and starts the workers of the layout. `ready` is called once they are, or
  // with the reason why they cannot be; clients' trials wait until then.
  Status start(const Layout& layout, std::function<void(Status)> ready);
  // Ends what runs and waits, tells the clients `reason`, and stops the loop.
  void end(const Error& reason);

 private:
  // Clients that were greeted, the latest last. Nothing tells when one leaves, so the oldest are
  // forgotten beyond this number; a client asks right after it was greeted.
  static constexpr std::size_t kGreetedMax = 1024;

  void serve();
  void answer(const ClientId& client, const wire::ToCluster& message);
  void greet(const ClientId& client, const wire::Hello& hello);
  [[nodiscard]] bool was_greeted(const ClientId& client) const;
  [[nodiscard]] wire::ClusterStatus status() const;

  EventLoop& loop_;
  LocalCluster& cluster_;
  NetServer& net_;
  const std::string name_;
  const std::uint64_t began_ns_;
  ServerPost post_;
  ServerTrials trials_;
  std::deque<ClientId> greeted_;
  bool ending_ = false;
};

}  // namespace strata
