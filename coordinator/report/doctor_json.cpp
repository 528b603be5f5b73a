// strata.doctor/1: every fact and every finding of the doctor. Its declaration is beside the
// text's.
#include "coordinator/report/doctor_report.h"
#include "coordinator/report/json_parts.h"

namespace strata {
namespace {

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}
Json or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json usable_json(const MachineFacts& machine) {
  Json json;
  json["count"] = machine.usable.count;
  json["affinity"] = machine.usable.affinity;
  json["quota_cpus"] = machine.usable.quota_cpus > 0 ? Json(machine.usable.quota_cpus) : Json();
  json["quota_from"] = or_null(machine.usable.quota_from);
  json["cgroups"] = Json::array();
  for (const CpuQuota& quota : machine.quotas) {
    json["cgroups"].push_back({{"path", quota.group.path},
                               {"version", quota.group.version},
                               {"quota_cpus", quota.cpus > 0 ? Json(quota.cpus) : Json()}});
  }
  return json;
}

Json topology_json(const Examination& examined) {
  if (!examined.topology) {
    return {};
  }
  const TopologyFacts& topology = *examined.topology;
  Json json;
  json["packages"] = topology.packages;
  json["cores"] = topology.cores;
  json["cpus"] = topology.cpus;
  json["caches"] = Json::array();
  for (const CacheFacts& cache : topology.caches) {
    json["caches"].push_back({{"level", cache.level},
                              {"instruction_only", cache.instruction_only},
                              {"bytes", cache.bytes},
                              {"count", cache.count},
                              {"cpus_each", cache.cpus_each}});
  }
  json["numa_nodes"] = Json::array();
  for (const NumaFacts& node : topology.nodes) {
    json["numa_nodes"].push_back(
        {{"node", node.number}, {"cpus", node.cpus}, {"memory_bytes", node.memory_bytes}});
  }
  return json;
}

Json limits_json(const MachineFacts& machine) {
  Json json = Json::object();
  for (const Limit& limit : machine.limits) {
    json[std::string(limit.name)] = {{"soft", or_null(limit.soft)}, {"hard", or_null(limit.hard)}};
  }
  return json;
}

}  // namespace

std::string doctor_json(const Examination& examined) {
  const MachineFacts& machine = examined.machine;
  Json json;
  json["schema"] = "strata.doctor/1";
  json["system"] = machine.system;
  json["kernel"] = machine.kernel;
  json["cpu_model"] = or_null(machine.cpu_model);
  json["container"] = or_null(machine.container);
  json["online_cpus"] = machine.online_cpus;
  json["usable_cpus"] = usable_json(machine);
  json["smt"] = or_null(machine.smt);
  json["topology"] = topology_json(examined);
  json["memory"] = {{"total_bytes", machine.memory.total_bytes},
                    {"available_bytes", machine.memory.available_bytes},
                    {"cgroup_limit_bytes", or_null(machine.memory.cgroup_limit_bytes)},
                    {"shm_total_bytes", machine.memory.shm_total_bytes},
                    {"shm_free_bytes", machine.memory.shm_free_bytes}};
  json["limits"] = limits_json(machine);
  json["room_for_tasks"] = {{"tasks", machine.tasks.tasks}, {"from", machine.tasks.from}};
  json["hypervisor"] = {{"name", or_null(machine.hypervisor.name)},
                        {"from", or_null(machine.hypervisor.from)}};
  json["steal"] = {{"now", examined.steal_now},
                   {"watched_s", examined.examined_s},
                   {"since_boot", machine.ticks ? Json(steal_share({}, *machine.ticks)) : Json()}};
  json["load"] = machine.load;
  json["pressure_avg10_percent"] = {{"cpu", or_null(machine.pressure.cpu)},
                                    {"memory", or_null(machine.pressure.memory)},
                                    {"io", or_null(machine.pressure.io)}};
  json["clock"] = {{"source", or_null(machine.clock_source)}, {"read_ns", examined.clock_read_ns}};
  json["governor"] = or_null(machine.governor);
  json["perf_event_paranoid"] = or_null(machine.perf_event_paranoid);
  json["findings"] = Json::array();
  for (const Finding& finding : judge(examined)) {
    json["findings"].push_back({{"topic", finding.topic},
                                {"answer", name_of(finding.answer)},
                                {"why", finding.why},
                                {"advice", or_null(finding.advice)}});
  }
  return text_of(json);
}

}  // namespace strata
