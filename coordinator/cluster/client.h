// What a command asks of a cluster that is up. Each call connects, asks, waits for the answer and
// takes its leave. An interruption ends the waiting with Exit::kInterrupted.
#pragma once
#include <cstdint>
#include <string>

#include "coordinator/cluster/cluster_folder.h"
#include "coordinator/cluster/run_result.h"
#include "coordinator/cluster/trial.h"
#include "shared/base/result.h"
#include "shared/wire/messages.h"

namespace strata {

// As run_local_trial, in the cluster of that name: on its workers where they are of the request's
// layout, else on fresh ones. What workers print goes to our stderr. When this call is interrupted
// or this process dies, the trial ends and the cluster stays.
Result<RunResult> run_on_cluster(const std::string& name, const TrialRequest& request,
                                 const TrialObserver& observer, std::uint64_t launched_ns);

Result<wire::ClusterStatus> ask_status(const FoundCluster& cluster);

// Ends it, and waits until nothing of it is left. A cluster of another version, or one that does
// not answer, gets a SIGTERM instead.
Status take_down(const FoundCluster& cluster);

// "no cluster 'x' is up; strata up x"
Error no_such_cluster(const std::string& name);

}  // namespace strata
