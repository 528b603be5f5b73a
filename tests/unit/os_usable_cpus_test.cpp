// Quotas of cgroups on machines that are written down here, and the mask of this one.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "shared/os/cgroup.h"
#include "shared/os/text_file.h"
#include "shared/os/usable_cpus.h"

namespace strata {
namespace {

// A folder that stands for "/".
class Root {
 public:
  Root() {
    std::string pattern = std::filesystem::temp_directory_path() / "strata-root-XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~Root() { std::filesystem::remove_all(path_); }
  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;
  void write(const std::string& file, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(path_ + file).parent_path());
    std::ofstream(path_ + file) << text;
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

constexpr std::string_view kVersion2 =
    "24 1 0:22 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
constexpr std::string_view kVersion1 =
    "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
    "34 31 0:31 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n";

std::vector<std::string> paths_of(const std::vector<CgroupFolder>& folders) {
  std::vector<std::string> paths;
  for (const CgroupFolder& folder : folders) {
    paths.push_back(folder.path);
  }
  return paths;
}

TEST(Cgroups, AreWalkedFromTheProcessToTheRoot) {
  EXPECT_EQ(paths_of(cgroup_folders("cpu", "0::/user.slice/app\n", kVersion2)),
            (std::vector<std::string>{"/sys/fs/cgroup/user.slice/app", "/sys/fs/cgroup/user.slice",
                                      "/sys/fs/cgroup"}));
}

TEST(Cgroups, OfVersionOneAreFoundByTheirController) {
  EXPECT_EQ(
      paths_of(cgroup_folders("cpu", "3:cpuset:/other\n2:cpu,cpuacct:/a\n", kVersion1)),
      (std::vector<std::string>{"/sys/fs/cgroup/cpu,cpuacct/a", "/sys/fs/cgroup/cpu,cpuacct"}));
}

TEST(Cgroups, InAContainerThatMountsItsOwnPartStartThere) {
  const std::string mounts = "24 1 0:22 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n";
  EXPECT_EQ(paths_of(cgroup_folders("cpu", "0::/docker/abc/job\n", mounts)),
            (std::vector<std::string>{"/sys/fs/cgroup/job", "/sys/fs/cgroup"}));
  // A path outside of what is mounted: the mount is all there is to see.
  EXPECT_EQ(paths_of(cgroup_folders("cpu", "0::/elsewhere\n", mounts)),
            (std::vector<std::string>{"/sys/fs/cgroup"}));
}

TEST(Cgroups, MountPointsMayHoldBlanks) {
  const std::string mounts = "24 1 0:22 / /sys/fs/my\\040group rw - cgroup2 cgroup rw\n";
  EXPECT_EQ(paths_of(cgroup_folders("cpu", "0::/\n", mounts)),
            (std::vector<std::string>{"/sys/fs/my group"}));
}

TEST(Cgroups, MalformedTextsGiveNone) {
  EXPECT_TRUE(cgroup_folders("cpu", "", "").empty());
  EXPECT_TRUE(cgroup_folders("cpu", "nonsense\n", "more - \n - cgroup2\n").empty());
}

TEST(CpuQuotas, OfAnAncestorCountAsMuchAsTheProcessesOwn) {
  const Root root;
  root.write("/sys/fs/cgroup/pod/app/cpu.max", "max 100000\n");
  root.write("/sys/fs/cgroup/pod/cpu.max", "250000 100000\n");
  const auto quotas = cpu_quotas(cgroup_folders("cpu", "0::/pod/app\n", kVersion2), root.path());
  ASSERT_EQ(quotas.size(), 3U);
  EXPECT_EQ(quotas[0].cpus, 0);
  EXPECT_DOUBLE_EQ(quotas[1].cpus, 2.5);
  EXPECT_EQ(quotas[1].group.path, "/sys/fs/cgroup/pod");
  EXPECT_EQ(quotas[2].cpus, 0);
}

TEST(CpuQuotas, OfVersionOneSayMinusOneForNone) {
  const Root root;
  root.write("/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "50000\n");
  root.write("/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "100000\n");
  root.write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
  root.write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  const auto quotas =
      cpu_quotas(cgroup_folders("cpu", "2:cpu,cpuacct:/a\n", kVersion1), root.path());
  ASSERT_EQ(quotas.size(), 2U);
  EXPECT_DOUBLE_EQ(quotas[0].cpus, 0.5);
  EXPECT_EQ(quotas[0].group.version, 1);
  EXPECT_EQ(quotas[1].cpus, 0);
}

TEST(UsableCpus, AreThoseOfTheAffinityMask) {
  const UsableCpus usable = usable_cpus();
  cpu_set_t mask;
  ASSERT_EQ(sched_getaffinity(0, sizeof mask, &mask), 0);
  EXPECT_EQ(usable.affinity.size(), static_cast<std::size_t>(CPU_COUNT(&mask)));
  EXPECT_GE(usable.count, 1U);
  EXPECT_LE(usable.count, usable.affinity.size());
  EXPECT_TRUE(std::is_sorted(usable.affinity.begin(), usable.affinity.end()));
}

TEST(UsableCpus, FollowTheMaskWhenItShrinks) {
  const int first = usable_cpus().affinity.front();
  // In a child: the mask of this process stays.
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(first), &one);
    const bool set = sched_setaffinity(0, sizeof one, &one) == 0;
    const UsableCpus usable = usable_cpus();
    _exit(set && usable.affinity == std::vector<int>{first} && usable.count == 1 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(SpreadOrder, IsAPermutation) {
  const std::vector<int> cpus = usable_cpus().affinity;
  std::vector<int> order = spread_order(cpus);
  std::sort(order.begin(), order.end());
  EXPECT_EQ(order, cpus);
}

TEST(SpreadOrder, CpusThatDoNotExistAreCoresOfTheirOwn) {
  EXPECT_EQ(spread_order({60001, 60000, 60002}), (std::vector<int>{60001, 60000, 60002}));
}

TEST(CpuLists, AreReadAndWrittenAsTheKernelDoes) {
  EXPECT_EQ(parse_cpu_list("0-2,5,7-8\n"), (std::vector<int>{0, 1, 2, 5, 7, 8}));
  EXPECT_EQ(parse_cpu_list(""), std::vector<int>());
  EXPECT_EQ(parse_cpu_list("x,3-,-4,2"), (std::vector<int>{2}));
  EXPECT_EQ(cpu_list_text({0, 1, 2, 5, 7, 8}), "0-2,5,7-8");
  EXPECT_EQ(cpu_list_text({}), "");
}

}  // namespace
}  // namespace strata
