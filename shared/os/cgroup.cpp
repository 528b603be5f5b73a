#include "shared/os/cgroup.h"

#include <algorithm>
#include <optional>

#include "shared/os/text_file.h"

namespace strata {
namespace {

struct Mount {
  std::string root;   // Which folder of the hierarchy is mounted
  std::string point;  // and where.
};

// mountinfo writes blanks and backslashes in paths as \040 and the like.
std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      int code = 0;
      for (std::size_t digit = i + 1; digit <= i + 3; ++digit) {
        code = code * 8 + (text[digit] - '0');
      }
      plain.push_back(static_cast<char>(code));
      i += 3;
    } else {
      plain.push_back(text[i]);
    }
  }
  return plain;
}

bool lists(std::string_view comma_list, std::string_view word) {
  const std::vector<std::string_view> words = split(comma_list, ',');
  return std::find(words.begin(), words.end(), word) != words.end();
}

// The first mount of the version-2 hierarchy, or of the version-1 one that has the controller.
std::optional<Mount> find_mount(std::string_view mountinfo, int version,
                                std::string_view controller) {
  for (const std::string_view line : split(mountinfo, '\n')) {
    // "36 35 98:0 ROOT POINT options [tags...] - TYPE source super-options"
    const std::size_t dash = line.find(" - ");
    if (dash == std::string_view::npos) {
      continue;
    }
    const std::vector<std::string_view> before = split_blank(line.substr(0, dash));
    const std::vector<std::string_view> after = split_blank(line.substr(dash + 3));
    if (before.size() < 5 || after.empty()) {
      continue;
    }
    const bool wanted = version == 2 ? after[0] == "cgroup2"
                                     : after[0] == "cgroup" && lists(after.back(), controller);
    if (wanted) {
      return Mount{unescaped(before[3]), unescaped(before[4])};
    }
  }
  return std::nullopt;
}

// The process's path in that hierarchy: "0::/a/b" or "4:cpu,cpuacct:/a/b".
std::optional<std::string> own_path(std::string_view self_cgroup, int version,
                                    std::string_view controller) {
  for (const std::string_view line : split(self_cgroup, '\n')) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) {
      continue;
    }
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const bool wanted = version == 2 ? line.substr(0, first) == "0" && controllers.empty()
                                     : lists(controllers, controller);
    if (wanted) {
      return std::string(line.substr(second + 1));
    }
  }
  return std::nullopt;
}

double ratio(std::optional<std::int64_t> quota, std::optional<std::int64_t> period) {
  if (!quota || !period || *quota <= 0 || *period <= 0) {
    return 0;
  }
  return static_cast<double>(*quota) / static_cast<double>(*period);
}

double quota_of(const std::string& folder, int version) {
  if (version == 1) {
    return ratio(read_integer(folder + "/cpu.cfs_quota_us"),
                 read_integer(folder + "/cpu.cfs_period_us"));
  }
  const std::optional<std::string> text = read_value(folder + "/cpu.max");
  if (!text) {
    return 0;  // The root group has none.
  }
  const std::vector<std::string_view> words = split_blank(*text);  // "max 100000"
  return words.size() == 2 ? ratio(parse_integer(words[0]), parse_integer(words[1])) : 0;
}

void append_hierarchy(std::string_view controller, std::string_view self_cgroup,
                      std::string_view mountinfo, int version, std::vector<CgroupFolder>& folders) {
  const std::optional<Mount> mount = find_mount(mountinfo, version, controller);
  const std::optional<std::string> path = own_path(self_cgroup, version, controller);
  if (!mount || !path) {
    return;
  }
  // The mount may show only a part of the hierarchy (a container): take the path below that part,
  // or the part itself when the path lies outside of it.
  std::string below = *path;
  if (mount->root != "/") {
    const bool inside = below.starts_with(mount->root) &&
                        (below.size() == mount->root.size() || below[mount->root.size()] == '/');
    below = inside ? below.substr(mount->root.size()) : std::string();
  }
  if (below == "/" || below.starts_with("/..")) {
    below.clear();
  }
  while (true) {
    folders.push_back({mount->point + below, version});
    if (below.empty()) {
      return;
    }
    below.erase(below.rfind('/') == std::string::npos ? 0 : below.rfind('/'));
  }
}

}  // namespace

std::vector<CgroupFolder> cgroup_folders(std::string_view controller, std::string_view self_cgroup,
                                         std::string_view mountinfo) {
  std::vector<CgroupFolder> folders;
  append_hierarchy(controller, self_cgroup, mountinfo, 2, folders);
  append_hierarchy(controller, self_cgroup, mountinfo, 1, folders);
  return folders;
}

std::vector<CgroupFolder> cgroup_folders(std::string_view controller) {
  const std::optional<std::string> self_cgroup = read_text("/proc/self/cgroup");
  const std::optional<std::string> mountinfo = read_text("/proc/self/mountinfo");
  return self_cgroup && mountinfo ? cgroup_folders(controller, *self_cgroup, *mountinfo)
                                  : std::vector<CgroupFolder>();
}

std::vector<CpuQuota> cpu_quotas(const std::vector<CgroupFolder>& groups, const std::string& root) {
  std::vector<CpuQuota> quotas;
  quotas.reserve(groups.size());
  for (const CgroupFolder& group : groups) {
    quotas.push_back({group, quota_of(root + group.path, group.version)});
  }
  return quotas;
}

}  // namespace strata
