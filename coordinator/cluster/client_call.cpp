#include "coordinator/cluster/client_call.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "coordinator/cluster/server_messages.h"
#include "shared/os/clock.h"
#include "shared/transport/net_loader.h"

namespace strata {
namespace {

constexpr double kNs = 1e9;

std::uint64_t in_seconds(double seconds) {
  return now_ns() + static_cast<std::uint64_t>(seconds * kNs);
}

Error no_answer(const FoundCluster& cluster) {
  const std::string pid = std::to_string(cluster.pid);
  return {Exit::kFailed, "cluster '" + cluster.name + "' (pid " + pid +
                             ") does not answer; if it is stopped, kill -CONT " + pid +
                             "; kill -9 " + pid + " ends it, and nothing of it stays"};
}

Error has_ended(const FoundCluster& cluster) {
  if (cluster.pid == 0) {
    return {Exit::kFailed, "cluster '" + cluster.name + "' is just starting or ending; try again"};
  }
  return {Exit::kFailed, "cluster '" + cluster.name + "' (pid " + std::to_string(cluster.pid) +
                             ") has ended; strata up " + cluster.name};
}

}  // namespace

Status terminate(const FoundCluster& cluster, double limit_s) {
  if (!cluster.process) {
    return has_ended(cluster);
  }
  auto loop = EventLoop::make();
  if (!loop) {
    return loop.error();
  }
  std::optional<Error> error;
  const auto fail = [&](Error why) {
    error = std::move(why);
    (*loop)->stop();
  };
  if (Status watched = (*loop)->on_interruption([&] {
        fail({Exit::kInterrupted, "interrupted"});
      });
      !watched) {
    return watched;
  }
  if (Status watched = (*loop)->watch(cluster.process.get(), [&] { (*loop)->stop(); }); !watched) {
    return watched;
  }
  // It may have ended already: then there is nobody to signal, and the descriptor says so.
  syscall(SYS_pidfd_send_signal, cluster.process.get(), SIGTERM, nullptr, 0);
  (*loop)->at(in_seconds(limit_s), [&] { fail(no_answer(cluster)); });
  (*loop)->run();
  if (error) {
    return *error;
  }
  return Ok{};
}

Result<std::unique_ptr<ClientCall>> ClientCall::open(const FoundCluster& cluster) {
  Result<Net*> net = load_net();
  if (!net) {
    return net.error();
  }
  auto loop = EventLoop::make();
  if (!loop) {
    return loop.error();
  }
  // The context of the connection starts threads: signals are blocked before.
  auto call = std::unique_ptr<ClientCall>(new ClientCall(cluster, std::move(*loop), nullptr));
  if (Status watched = call->loop_->on_interruption([self = call.get()] { self->interrupted(); });
      !watched) {
    return watched.error();
  }
  auto connected = (*net)->connect(cluster.socket_path());
  if (!connected) {
    return connected.error();
  }
  call->net_ = std::move(*connected);
  if (Status watched = call->watch(); !watched) {
    return watched.error();
  }
  const Status greeted = call->ask(
      wire::Hello{wire::kProtocolVersion, STRATA_VERSION},
      [](wire::ToClient& answer) { return std::holds_alternative<wire::HelloReply>(answer); },
      kAnswer_s);
  if (!greeted) {
    return greeted.error();
  }
  return call;
}

ClientCall::~ClientCall() = default;

Status ClientCall::watch() {
  if (Status watched = loop_->watch(net_->fd(), [this] { hear(); }); !watched) {
    return watched;
  }
  if (!cluster_.process) {
    return has_ended(cluster_);
  }
  return loop_->watch(cluster_.process.get(), [this] { cluster_ended(); });
}

Status ClientCall::ask(const wire::ToCluster& request, const Taker& take, double limit_s) {
  take_ = take;
  cancellable_ = std::holds_alternative<wire::RunRequest>(request);
  if (Status sent = net_->send(request); !sent) {
    return sent;
  }
  const Status answered = run(limit_s);
  take_ = nullptr;
  cancellable_ = false;
  return answered;
}

Status ClientCall::wait_for_end(double limit_s) {
  waiting_for_end_ = true;
  if (ended_) {
    return Ok{};
  }
  return run(limit_s);
}

Status ClientCall::run(double limit_s) {
  over_ = false;
  error_.reset();
  const EventLoop::TimerId timer =
      limit_s > 0 ? loop_->at(in_seconds(limit_s), [this] { end(no_answer(cluster_)); }) : 0;
  loop_->run();
  loop_->cancel(timer);
  if (error_) {
    return *error_;
  }
  return Ok{};
}

void ClientCall::end(std::optional<Error> error) {
  if (!over_) {
    over_ = true;
    error_ = std::move(error);
  }
  loop_->stop();
}

void ClientCall::hear() {
  while (auto heard = net_->receive()) {
    if (!*heard) {
      end(heard->error());
    } else if (const auto* refused = std::get_if<wire::Refused>(&**heard)) {
      end(from_wire(*refused));
    } else if (!over_ && take_ && take_(**heard)) {
      end(std::nullopt);
    }
  }
}

void ClientCall::interrupted() {
  const Error error{Exit::kInterrupted, "interrupted"};
  if (!std::exchange(cancellable_, false) || !net_->send(wire::Cancel{})) {
    end(error);
    return;
  }
  // The cluster's answer to Cancel is a refusal with this same error.
  loop_->at(in_seconds(kFarewell_s), [this, error] { end(error); });
}

void ClientCall::cluster_ended() {
  loop_->unwatch(cluster_.process.get());
  ended_ = true;
  if (waiting_for_end_) {
    end(std::nullopt);
    return;
  }
  // Its last words may still be on their way through the socket.
  constexpr double kLastWords_s = 0.1;
  loop_->at(in_seconds(kLastWords_s), [this] { end(has_ended(cluster_)); });
}

}  // namespace strata
