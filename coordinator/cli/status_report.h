// Clusters that are up, in words and as JSON.
#pragma once
#include <string>
#include <vector>

#include "coordinator/cluster/cluster_folder.h"
#include "coordinator/cluster/server_process.h"
#include "coordinator/report/style.h"
#include "shared/base/result.h"
#include "shared/wire/messages.h"

namespace strata {

struct ShownCluster {
  const FoundCluster* found = nullptr;
  Result<wire::ClusterStatus> status;  // Error: it did not answer.
};

// Each cluster with a line for every worker; clusters without an answer are left out.
std::string status_text(const std::vector<ShownCluster>& clusters, const Style& style);
// strata.status/1; a cluster without an answer has "error" in the place of figures.
std::string status_json(const std::vector<ShownCluster>& clusters);

// What `strata up` says when its cluster is ready; strata.up/1.
std::string up_text(const UpRequest& request, const UpReport& report, const ClusterFolder& folder,
                    bool foreground, const Style& style);
std::string up_json(const UpRequest& request, const UpReport& report, const ClusterFolder& folder);

}  // namespace strata
