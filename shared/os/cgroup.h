// The cgroups above this process, versions 1 and 2: where limits hide that no getrlimit tells.
//
// Why every ancestor: a container's own group often says "max" while the pod or slice above it is
// limited; Go 1.25 and older read only the leaf and start too many threads there.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace strata {

struct CgroupFolder {
  std::string path;  // As seen here, e.g. /sys/fs/cgroup/user.slice
  int version = 2;
};

// The folders of the process's own group and of every ancestor, innermost first: of the version-2
// hierarchy, then of the version-1 hierarchy that has `controller`. `self_cgroup` and `mountinfo`
// are the texts of /proc/self/cgroup and /proc/self/mountinfo.
std::vector<CgroupFolder> cgroup_folders(std::string_view controller, std::string_view self_cgroup,
                                         std::string_view mountinfo);
// Those of this process.
std::vector<CgroupFolder> cgroup_folders(std::string_view controller);

struct CpuQuota {
  CgroupFolder group;
  double cpus = 0;  // quota / period; 0: none
};

// `root` is put before every path that is read (tests).
std::vector<CpuQuota> cpu_quotas(const std::vector<CgroupFolder>& groups,
                                 const std::string& root = {});

}  // namespace strata
