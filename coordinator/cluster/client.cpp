#include "coordinator/cluster/client.h"

#include <unistd.h>

#include <utility>

#include "coordinator/cluster/client_call.h"
#include "coordinator/cluster/server_messages.h"
#include "shared/base/log.h"
#include "shared/os/clock.h"
#include "shared/os/terminal.h"

namespace strata {
namespace {

// Passes what a trial tells to the observer; true at its end.
bool follow(wire::ToClient& message, const TrialObserver& observer,
            std::optional<RunResult>& result) {
  if (const auto* queued = std::get_if<wire::Queued>(&message)) {
    if (queued->ahead > 0) {  // 0 only says that the cluster is there.
      log::warn("waiting: " + std::to_string(queued->ahead) +
                (queued->ahead == 1 ? " trial comes first" : " trials come first"));
    }
  } else if (const auto* placed = std::get_if<wire::Placed>(&message)) {
    if (observer.placed) {
      observer.placed(from_wire(placed->places), placed->units, placed->shards, placed->unit_noun);
    }
  } else if (const auto* ready = std::get_if<wire::Ready>(&message)) {
    if (observer.ready) {
      observer.ready(ready->launch_s);
    }
  } else if (const auto* progress = std::get_if<wire::Progress>(&message)) {
    if (observer.progress) {
      observer.progress(progress->done, progress->units, progress->elapsed_s);
    }
  } else if (const auto* output = std::get_if<wire::Output>(&message)) {
    // As from workers of our own: nobody is told when stderr cannot be written.
    static_cast<void>(write_whole(STDERR_FILENO, output->text));
  } else if (auto* finished = std::get_if<wire::Finished>(&message)) {
    result.emplace(from_wire(std::move(*finished)));
  }
  return result.has_value();
}

}  // namespace

Error no_such_cluster(const std::string& name) {
  return {Exit::kFailed, "no cluster '" + name + "' is up; strata up " + name};
}

Result<RunResult> run_on_cluster(const std::string& name, const TrialRequest& request,
                                 const TrialObserver& observer, std::uint64_t launched_ns) {
  const Result<std::optional<FoundCluster>> found = find_cluster(name);
  if (!found) {
    return found.error();
  }
  if (!*found) {
    return no_such_cluster(name);
  }
  const Result<std::unique_ptr<ClientCall>> call = ClientCall::open(**found);
  if (!call) {
    return call.error();
  }
  wire::RunRequest asked = to_wire(request, launched_ns);
  if (request.reference) {  // Of a sweep: its own memory of serial answers cannot go along.
    static const std::uint64_t sweep = now_ns();
    asked.sweep = sweep;
  }
  std::optional<RunResult> result;
  constexpr double kNoLimit = 0;
  const Status answered = (*call)->ask(
      asked, [&](wire::ToClient& message) { return follow(message, observer, result); }, kNoLimit);
  if (!answered) {
    return answered.error();
  }
  return std::move(*result);
}

Result<wire::ClusterStatus> ask_status(const FoundCluster& cluster) {
  const Result<std::unique_ptr<ClientCall>> call = ClientCall::open(cluster);
  if (!call) {
    return call.error();
  }
  wire::ClusterStatus status;
  const Status answered = (*call)->ask(
      wire::StatusRequest{},
      [&status](wire::ToClient& message) {
        auto* told = std::get_if<wire::ClusterStatus>(&message);
        if (told != nullptr) {
          status = std::move(*told);
        }
        return told != nullptr;
      },
      ClientCall::kAnswer_s);
  if (!answered) {
    return answered.error();
  }
  return status;
}

Status take_down(const FoundCluster& cluster) {
  // Longer than a trial takes to let go: its workers are killed after a grace of their own.
  constexpr double kEnd_s = 30;
  const Result<std::unique_ptr<ClientCall>> call = ClientCall::open(cluster);
  Status ended = Ok{};
  if (call) {
    ended = (*call)->ask(
        wire::DownRequest{},
        [](wire::ToClient& answer) { return std::holds_alternative<wire::GoingDown>(answer); },
        ClientCall::kAnswer_s);
    // Also when it went before it could answer: somebody else may have ended it just then.
    if (ended || (*call)->cluster_has_ended()) {
      ended = (*call)->wait_for_end(kEnd_s);
    }
  } else if (call.error().exit == Exit::kInterrupted) {
    return call.error();
  } else {
    ended = terminate(cluster, kEnd_s);
  }
  if (ended) {
    cluster.wait_until_gone();
  }
  return ended;
}

}  // namespace strata
