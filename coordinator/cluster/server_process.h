// The process of a cluster that stays: serving in this one, or in a daemon that is left behind.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>

#include "coordinator/cluster/cluster_folder.h"
#include "coordinator/cluster/launcher.h"
#include "shared/base/layout.h"
#include "shared/base/result.h"
#include "shared/os/fd.h"

namespace strata {

struct UpRequest {
  std::string name;
  Layout layout;
  std::uint64_t launched_ns = 0;  // Where UpReport::launch_s counts from.
};

struct UpReport {
  pid_t pid = 0;        // Of the cluster
  double launch_s = 0;  // To all workers ready
};

// Both take a folder whose watcher has started, in a process that has no second thread.

// Serves until it is taken down (Ok) or a signal ends it (kInterrupted). `ready` is called once the
// workers are. The cluster ends when `requester` hangs up before it has sent a byte, by which it
// says that it knows of the readiness; the descriptor is closed then (null: there is none).
// Messages and what workers print without a client go to our stderr, at most `log_bytes_max` of the
// latter.
struct Serving {
  std::size_t log_bytes_max = SIZE_MAX;
  Fd* requester = nullptr;
  std::function<void(const UpReport&)> ready;
};
Status serve_cluster(const UpRequest& request, const ClusterFolder& folder, Launcher& launcher,
                     const Serving& serving);

// Serves in a daemon, and returns when it is ready. On error, or interrupted, nothing of it is
// left.
Result<UpReport> start_daemon(const UpRequest& request, ClusterFolder& folder, Launcher& launcher);

}  // namespace strata
