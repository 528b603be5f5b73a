#include "shared/os/usable_cpus.h"

#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <map>
#include <memory>
#include <utility>

#include "shared/os/cgroup.h"
#include "shared/os/text_file.h"

namespace strata {
namespace {

struct FreeCpuSet {
  void operator()(cpu_set_t* set) const { CPU_FREE(set); }
};

// The mask of the calling thread, however many CPUs the kernel was built for: it answers EINVAL to
// a set that is too small.
std::vector<int> affinity_mask() {
  std::vector<int> cpus;
  for (int room = 1024; room <= 1 << 20; room *= 4) {
    const std::unique_ptr<cpu_set_t, FreeCpuSet> set(CPU_ALLOC(static_cast<std::size_t>(room)));
    const std::size_t bytes = CPU_ALLOC_SIZE(static_cast<std::size_t>(room));
    if (set == nullptr) {
      break;
    }
    CPU_ZERO_S(bytes, set.get());
    if (::sched_getaffinity(0, bytes, set.get()) == 0) {
      for (int cpu = 0; cpu < room; ++cpu) {
        if (CPU_ISSET_S(static_cast<std::size_t>(cpu), bytes, set.get())) {
          cpus.push_back(cpu);
        }
      }
      break;
    }
    if (errno != EINVAL) {
      break;
    }
  }
  if (cpus.empty()) {
    cpus.push_back(0);  // Refused by a sandbox: this thread runs somewhere, so one CPU exists.
  }
  return cpus;
}

}  // namespace

UsableCpus usable_cpus() {
  UsableCpus usable;
  usable.affinity = affinity_mask();
  for (const CpuQuota& quota : cpu_quotas(cgroup_folders("cpu"))) {
    if (quota.cpus > 0 && (usable.quota_cpus == 0 || quota.cpus < usable.quota_cpus)) {
      usable.quota_cpus = quota.cpus;
      usable.quota_from = quota.group.path;
    }
  }
  usable.count = static_cast<unsigned>(usable.affinity.size());
  if (usable.quota_cpus > 0) {
    const double whole = std::max(1.0, std::floor(usable.quota_cpus));
    usable.count = static_cast<unsigned>(std::min(static_cast<double>(usable.count), whole));
  }
  return usable;
}

std::vector<int> spread_order(const std::vector<int>& cpus) {
  // How many CPUs of the same core come before this one: all those with none first, and so on.
  std::map<std::string, std::size_t> seen;  // By the list of the core's CPUs
  std::vector<std::pair<std::size_t, int>> ranked;
  for (const int cpu : cpus) {
    const std::string name = std::to_string(cpu);
    std::string core =
        read_value("/sys/devices/system/cpu/cpu" + name + "/topology/thread_siblings_list")
            .value_or(name);
    ranked.emplace_back(seen[core]++, cpu);
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<int> order;
  order.reserve(ranked.size());
  for (const auto& [rank, cpu] : ranked) {
    order.push_back(cpu);
  }
  return order;
}

}  // namespace strata
