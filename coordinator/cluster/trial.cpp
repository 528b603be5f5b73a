#include "coordinator/cluster/trial.h"

#include <unistd.h>

#include <array>
#include <climits>

#include "shared/host/pages.h"
#include "shared/host/placement.h"
#include "shared/unit/executor_table.h"

namespace strata {
namespace {

constexpr std::uint32_t kMaxThreads = 1024;
constexpr std::uint32_t kMaxInFlight = 100'000'000;

Error usage(std::string text) { return {Exit::kUsage, std::move(text)}; }

}  // namespace

std::vector<WorkerPlace> plan_placement(const Layout& layout) {
  const std::vector<int> order = pin_order(layout.pin, usable_cpus());
  std::array<char, HOST_NAME_MAX + 1> host{};
  gethostname(host.data(), host.size() - 1);
  std::vector<WorkerPlace> places;
  for (std::uint32_t worker = 0; worker < layout.processes; ++worker) {
    places.push_back({.worker = worker,
                      .host = host.data(),
                      .cpus = worker_cpus(layout.pin, order, layout.threads, worker)});
  }
  return places;
}

Status check_group(std::string_view workload, std::uint32_t group, const Layout& layout) {
  const ExecutorInfo* executor = find_executor_info(layout.executor);
  if (group == 0 || executor == nullptr) {
    return Ok{};
  }
  const std::string units = std::to_string(group);
  // A group runs whole in every worker.
  const std::uint64_t in_all = std::uint64_t{group} * layout.hosts * layout.processes;
  const std::uint64_t alive = alive_at_most(*executor, layout, in_all);
  if (alive >= group) {
    return Ok{};
  }
  std::string try_this = "-x threads -G " + units;
  if (executor->rule == ThreadsRule::kT) {
    try_this = "-T " + units + ", or " + try_this;
  } else if (executor->rule != ThreadsRule::kOne) {
    try_this = "-G " + units;
  }
  return usage(std::string(workload) + ": " + units +
               " of its units wait for each other and must be alive together, but a worker of " +
               short_name(layout) + " keeps " + std::to_string(alive) + " alive; try " + try_this);
}

Status check_layout(const Layout& layout) {
  if (layout.hosts != 1) {
    return usage("several hosts: this version of strata runs on one host; leave --hosts out");
  }
  if (layout.processes == 0 || layout.processes > kMaxWorkersOfHost) {
    return usage("-P " + std::to_string(layout.processes) + ": 1 to " +
                 std::to_string(kMaxWorkersOfHost) + " processes on this host; try -P " +
                 std::to_string(layout.processes == 0 ? 1 : kMaxWorkersOfHost));
  }
  if (layout.threads == 0 || layout.threads > kMaxThreads) {
    return usage("-T " + std::to_string(layout.threads) + ": 1 to " + std::to_string(kMaxThreads) +
                 " threads in a worker; try -T " +
                 std::to_string(layout.threads == 0 ? 1 : kMaxThreads));
  }
  if (layout.in_flight > kMaxInFlight) {
    return usage("-G " + std::to_string(layout.in_flight) + ": at most " +
                 std::to_string(kMaxInFlight) + " units in flight");
  }
  if (layout.gil_interval_us == 0 || layout.gil_interval_us > kGilIntervalMostUs) {
    return usage("--gil-interval-ms: 0.001 to " + std::to_string(kGilIntervalMostUs / 1000) +
                 " ms; try --gil-interval-ms 5");
  }
  const ExecutorInfo* executor = find_executor_info(layout.executor);
  if (executor == nullptr) {
    return usage("there is no executor '" + layout.executor + "' (strata list executors)");
  }
  return Ok{};
}

}  // namespace strata
