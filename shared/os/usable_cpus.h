// The CPUs that this process may really use.
#pragma once
#include <string>
#include <vector>

namespace strata {

struct UsableCpus {
  std::vector<int> affinity;  // CPUs in the affinity mask, ascending.
  double quota_cpus = 0;      // The tightest of all ancestor cgroups' CPU quotas; 0: no quota.
  std::string quota_from;     // The cgroup folder that sets it.
  // min(affinity, quota rounded down), at least 1.
  unsigned count = 1;
};

// Reads both, every time it is called (tens of microseconds).
UsableCpus usable_cpus();

// The CPUs in the order `--pin spread` uses them: one of each physical core first. Read from sysfs.
std::vector<int> spread_order(const std::vector<int>& cpus);

}  // namespace strata
