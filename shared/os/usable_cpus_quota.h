// CPU quotas of cgroups, version 1 and 2, of every ancestor: the tightest one counts.
//
// Why every ancestor: a container's own group often says "max" while the pod or slice above it is
// limited; Go 1.25 and older read only the leaf and start too many threads there.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace strata {

struct CgroupQuota {
  std::string folder;  // As a path here, e.g. /sys/fs/cgroup/user.slice
  int version = 2;
  double cpus = 0;  // quota / period; 0: none
};

// The quotas from the process's own group up to the root of the hierarchy, innermost first, both
// hierarchies where both are mounted. `self_cgroup` and `mountinfo` are the texts of
// /proc/self/cgroup and /proc/self/mountinfo; `root` is put before every path (tests).
std::vector<CgroupQuota> cgroup_quotas(std::string_view self_cgroup, std::string_view mountinfo,
                                       const std::string& root = {});
// Those of this process.
std::vector<CgroupQuota> cgroup_quotas();

}  // namespace strata
