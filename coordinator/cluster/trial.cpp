#include "coordinator/cluster/trial.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>

#include "shared/host/pages.h"
#include "shared/os/usable_cpus.h"
#include "shared/unit/executor_table.h"

namespace strata {
namespace {

constexpr std::uint32_t kMaxThreads = 1024;
constexpr std::uint32_t kMaxInFlight = 100'000'000;

Error usage(std::string text) { return {Exit::kUsage, std::move(text)}; }

}  // namespace

std::vector<WorkerPlace> plan_placement(const Layout& layout) {
  const UsableCpus usable = usable_cpus();
  const std::vector<int> order =
      layout.pin == Pin::kSpread ? spread_order(usable.affinity) : usable.affinity;
  std::array<char, HOST_NAME_MAX + 1> host{};
  gethostname(host.data(), host.size() - 1);
  std::vector<WorkerPlace> places;
  for (std::uint32_t worker = 0; worker < layout.processes; ++worker) {
    WorkerPlace place{.worker = worker, .host = host.data(), .cpus = {}};
    if (layout.pin == Pin::kNone) {
      place.cpus = order;
    } else {
      for (std::uint32_t t = 0; t < layout.threads; ++t) {
        place.cpus.push_back(order[(worker * layout.threads + t) % order.size()]);
      }
      std::sort(place.cpus.begin(), place.cpus.end());
      place.cpus.erase(std::unique(place.cpus.begin(), place.cpus.end()), place.cpus.end());
    }
    places.push_back(std::move(place));
  }
  return places;
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
