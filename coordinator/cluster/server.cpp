#include "coordinator/cluster/server.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "coordinator/cluster/server_messages.h"
#include "shared/os/clock.h"

namespace strata {
namespace {

// Idle, running, starting, gone: what a person asks. A process that is stopped says so itself.
std::string state_of(const WorkerStatus& worker, bool trial_runs) {
  switch (worker.state) {
    case WorkerState::kStarting:
      return "starting";
    case WorkerState::kDead:
      return "gone";
    case WorkerState::kReady:
      return "idle";
    case WorkerState::kOpening:
    case WorkerState::kOpen:
      break;
  }
  return trial_runs ? "running" : "idle";
}

}  // namespace

ClusterServer::ClusterServer(EventLoop& loop, LocalCluster& cluster, NetServer& net,
                             ServerOutput& output, std::string name)
    : loop_(loop),
      cluster_(cluster),
      net_(net),
      name_(std::move(name)),
      began_ns_(now_ns()),
      post_(loop, net),
      trials_(loop, cluster, post_, output) {}

ClusterServer::~ClusterServer() { loop_.unwatch(net_.fd()); }

Status ClusterServer::start(const Layout& layout, std::function<void(Status)> ready) {
  if (Status watched = loop_.watch(net_.fd(), [this] { serve(); }); !watched) {
    return watched;
  }
  cluster_.launch(layout, [this, ready = std::move(ready)](const Status& status) {
    ready(status);
    if (status) {
      trials_.open();
    }
  });
  return Ok{};
}

void ClusterServer::end(const Error& reason) {
  if (!ending_) {
    ending_ = true;
    trials_.close(reason, [this] { loop_.stop(); });
  }
}

void ClusterServer::serve() {
  // A bound a call: a client that asks without end does not keep the loop from all else, and the
  // descriptor stays readable.
  constexpr int kMessagesMax = 64;
  for (int i = 0; i < kMessagesMax; ++i) {
    const std::optional<FromClient> heard = net_.receive();
    if (!heard) {
      return;
    }
    if (heard->message) {
      answer(heard->client, *heard->message);
    } else {
      post_.tell(heard->client, to_wire(heard->message.error()));
    }
  }
}

void ClusterServer::answer(const ClientId& client, const wire::ToCluster& message) {
  if (const auto* hello = std::get_if<wire::Hello>(&message)) {
    greet(client, *hello);
  } else if (!was_greeted(client)) {
    post_.tell(client, to_wire(Error{Exit::kFailed, "a client says hello first"}));
  } else if (const auto* run = std::get_if<wire::RunRequest>(&message)) {
    trials_.add(client, *run);
  } else if (std::holds_alternative<wire::Cancel>(message)) {
    trials_.cancel(client);
  } else if (std::holds_alternative<wire::StatusRequest>(message)) {
    post_.deliver(client, status());
  } else if (std::holds_alternative<wire::DownRequest>(message)) {
    post_.deliver(client, wire::GoingDown{});
    end({Exit::kFailed, "cluster '" + name_ + "' was taken down; strata up " + name_});
  }
}

void ClusterServer::greet(const ClientId& client, const wire::Hello& hello) {
  if (hello.protocol != wire::kProtocolVersion || hello.program != STRATA_VERSION) {
    const Error refusal{
        Exit::kFailed, "cluster '" + name_ + "' is of strata " STRATA_VERSION " (protocol " +
                           std::to_string(wire::kProtocolVersion) + "), this is strata " +
                           hello.program + " (protocol " + std::to_string(hello.protocol) +
                           "); strata down " + name_ + ", then up again with the version you want"};
    post_.deliver(client, to_wire(refusal));
    return;
  }
  if (!was_greeted(client)) {
    greeted_.push_back(client);
    if (greeted_.size() > kGreetedMax) {
      greeted_.pop_front();
    }
  }
  post_.deliver(client, wire::HelloReply{wire::kProtocolVersion, STRATA_VERSION, name_, getpid()});
}

bool ClusterServer::was_greeted(const ClientId& client) const {
  return std::find(greeted_.rbegin(), greeted_.rend(), client) != greeted_.rend();
}

wire::ClusterStatus ClusterServer::status() const {
  wire::ClusterStatus status;
  status.name = name_;
  status.pid = getpid();
  status.up_s = seconds_between(began_ns_, now_ns());
  status.layout = cluster_.layout();
  status.running = trials_.running();
  status.waiting = trials_.waiting();
  status.trials_done = trials_.done();
  for (const WorkerStatus& worker : cluster_.status()) {
    status.workers.push_back({worker.worker, cluster_.host_name(), worker.pid, worker.cpus,
                              state_of(worker, cluster_.running()), worker.units_done,
                              worker.state == WorkerState::kDead ? 0 : pss_of(worker.pid)});
  }
  return status;
}

}  // namespace strata
