// Clusters that are up, as JSON.
#include "coordinator/cli/status_report.h"
#include "coordinator/report/json_parts.h"

namespace strata {
namespace {

Json json_of_worker(const wire::WorkerStatus& worker) {
  return {
      {"worker", worker.worker},      {"host", worker.host},   {"pid", worker.pid},
      {"cpus", worker.cpus},          {"state", worker.state}, {"units_done", worker.units_done},
      {"pss_bytes", worker.pss_bytes}};
}

}  // namespace

std::string status_json(const std::vector<ShownCluster>& clusters) {
  Json list = Json::array();
  for (const ShownCluster& cluster : clusters) {
    Json one{{"name", cluster.found->name},
             {"pid", cluster.found->pid},
             {"socket", cluster.found->socket_path()},
             {"log", cluster.found->log_path()}};
    if (!cluster.status) {
      one["error"] = cluster.status.error().message;
    } else {
      const wire::ClusterStatus& status = *cluster.status;
      one["up_s"] = status.up_s;
      one["layout"] = json_of(status.layout);
      one["running"] = status.running.empty() ? Json(nullptr) : Json(status.running);
      one["waiting"] = status.waiting;
      one["trials_done"] = status.trials_done;
      one["workers"] = Json::array();
      for (const wire::WorkerStatus& worker : status.workers) {
        one["workers"].push_back(json_of_worker(worker));
      }
    }
    list.push_back(std::move(one));
  }
  return text_of(Json{{"schema", "strata.status/1"}, {"clusters", std::move(list)}});
}

std::string up_json(const UpRequest& request, const UpReport& report, const ClusterFolder& folder) {
  return text_of(Json{{"schema", "strata.up/1"},
                      {"name", request.name},
                      {"pid", report.pid},
                      {"socket", folder.socket_path()},
                      {"log", folder.log_path()},
                      {"layout", json_of(request.layout)},
                      {"launch_s", report.launch_s}});
}

}  // namespace strata
