// What the machine says about itself, checked against what is true on every Linux.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "shared/os/machine_facts.h"
#include "shared/os/machine_probes.h"
#include "shared/os/machine_topology.h"

namespace strata {
namespace {

TEST(MachineFacts, OfThisMachineMakeSense) {
  const MachineFacts facts = read_machine_facts();
  EXPECT_FALSE(facts.kernel.empty());
  EXPECT_GE(facts.online_cpus.size(), facts.usable.count);
  EXPECT_GT(facts.memory.total_bytes, facts.memory.available_bytes);
  EXPECT_GT(facts.memory.available_bytes, 0U);
  EXPECT_EQ(facts.load.size(), 3U);
  EXPECT_FALSE(facts.clock_source.empty());
  EXPECT_GT(facts.tasks.tasks, 0U);
  EXPECT_FALSE(facts.tasks.from.empty());
}

TEST(StealShare, IsWhatPassedBetweenTwoReadings) {
  EXPECT_DOUBLE_EQ(steal_share({100, 900, 10}, {150, 950, 35}), 0.25);
  EXPECT_DOUBLE_EQ(steal_share({100, 900, 10}, {100, 900, 10}), 0);
}

TEST(ResourceLimits, AreThoseOfThisProcess) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const rlimit low{77, 77};
    bool seen = setrlimit(RLIMIT_NOFILE, &low) == 0;
    const std::vector<Limit> limits = resource_limits();
    const auto files = std::find_if(limits.begin(), limits.end(),
                                    [](const Limit& limit) { return limit.name == "nofile"; });
    seen = seen && files != limits.end() && files->soft == 77U;
    _exit(seen ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Probes, SealedMemoryAndPidfdsExistWhereStrataRuns) {
  EXPECT_TRUE(probe_sealed_memory().works) << probe_sealed_memory().refusal;
  EXPECT_TRUE(probe_pidfd().works) << probe_pidfd().refusal;
}

TEST(Probes, ARefusalNamesItsCause) {
  for (const Probe& probe : {probe_switch_records(), probe_hardware_counters()}) {
    EXPECT_EQ(probe.works, probe.refusal.empty());
  }
}

TEST(Topology, IsReadFromItsModuleOrTheReasonIsTold) {
  const Result<TopologyFacts> topology = read_topology();
  if (!topology) {
    EXPECT_NE(topology.error().message.find("strata-topology"), std::string::npos);
    GTEST_SKIP() << topology.error().message;
  }
  EXPECT_GE(topology->packages, 1U);
  EXPECT_GE(topology->cpus, topology->cores);
  EXPECT_FALSE(topology->nodes.empty());
}

}  // namespace
}  // namespace strata
