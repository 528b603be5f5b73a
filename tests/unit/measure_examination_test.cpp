// The doctor's judgement, on machines that nobody has at hand.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "coordinator/measure/examination.h"
#include "coordinator/report/doctor_report.h"

namespace strata {
namespace {

// A quiet machine of bare metal on which everything works.
Examination perfect() {
  Examination examined;
  examined.machine.usable = {{0, 1, 2, 3}, 0, "", 4};
  examined.machine.online_cpus = {0, 1, 2, 3};
  examined.machine.cpu_model = "Example CPU";
  examined.machine.load = {0.1, 0.1, 0.1};
  examined.machine.governor = "performance";
  examined.machine.clock_source = "tsc";
  examined.machine.perf_event_paranoid = 2;
  examined.machine.tasks = {100'000, "kernel.pid_max"};
  examined.topology = TopologyFacts{2, 4, 4, {}, {{0, 2, 1U << 30U}, {1, 2, 1U << 30U}}};
  examined.switch_records = {true, ""};
  examined.hardware_counters = {true, ""};
  examined.sealed_memory = {true, ""};
  examined.pidfd = {true, ""};
  examined.fast_clock = {true, ""};
  examined.clock_read_ns = 20;
  return examined;
}

Finding finding_of(const Examination& examined, const std::string& topic) {
  const std::vector<Finding> findings = judge(examined);
  const auto found = std::find_if(findings.begin(), findings.end(),
                                  [&](const Finding& each) { return each.topic == topic; });
  EXPECT_NE(found, findings.end()) << topic;
  return found == findings.end() ? Finding{} : *found;
}

TEST(Judge, FindsNothingMissingOnAPerfectMachineButOtherHosts) {
  for (const Finding& finding : judge(perfect())) {
    EXPECT_EQ(finding.answer, finding.topic == "several_hosts" ? Answer::kNo : Answer::kYes)
        << finding.topic << ": " << finding.why;
  }
}

TEST(Judge, EveryFindingThatIsNoPlainYesSaysWhatToDo) {
  Examination bad;
  bad.machine.usable = {{0}, 0, "", 1};
  bad.topology_refusal = "no hwloc";
  for (const Examination& examined : {perfect(), bad}) {
    for (const Finding& finding : judge(examined)) {
      EXPECT_FALSE(finding.why.empty()) << finding.topic;
      EXPECT_EQ(finding.advice.empty(), finding.answer == Answer::kYes) << finding.topic;
    }
  }
}

TEST(Judge, OneCpuShowsNoParallelism) {
  Examination examined = perfect();
  examined.machine.usable = {{0}, 0, "", 1};
  EXPECT_EQ(finding_of(examined, "parallelism").answer, Answer::kNo);
}

TEST(Judge, AQuotaBelowTwoCpusIsNamedAsTheCause) {
  Examination examined = perfect();
  examined.machine.usable = {{0, 1, 2, 3}, 1.5, "/sys/fs/cgroup/pod", 1};
  const Finding finding = finding_of(examined, "parallelism");
  EXPECT_EQ(finding.answer, Answer::kNo);
  EXPECT_NE(finding.why.find("/sys/fs/cgroup/pod"), std::string::npos) << finding.why;
  EXPECT_EQ(finding_of(examined, "steady_speed").answer, Answer::kPartly);
}

TEST(Judge, HardwareThreadsThatShareACoreAreTold) {
  Examination examined = perfect();
  examined.topology = TopologyFacts{1, 2, 4, {}, {{0, 4, 1}}};
  const Finding finding = finding_of(examined, "whole_cores");
  EXPECT_EQ(finding.answer, Answer::kPartly);
  EXPECT_NE(finding.advice.find("--pin spread"), std::string::npos);
  EXPECT_EQ(finding_of(examined, "memory_distance").answer, Answer::kNo);
}

TEST(Judge, AnswersDependOnTheLevelOfPerfEvents) {
  Examination examined = perfect();
  examined.switch_records = {false, "Permission denied"};
  examined.machine.perf_event_paranoid = 3;
  EXPECT_NE(finding_of(examined, "on_cpu_evidence").advice.find("sysctl"), std::string::npos);
  examined.machine.perf_event_paranoid = 2;
  EXPECT_NE(finding_of(examined, "on_cpu_evidence").advice.find("seccomp"), std::string::npos);
}

TEST(Judge, StealIsNoisierThanLoadAndLoadThanBeingAGuest) {
  Examination examined = perfect();
  examined.machine.hypervisor = {"KVM", "cpuid"};
  EXPECT_EQ(finding_of(examined, "quiet").answer, Answer::kPartly);
  examined.machine.load = {3.2, 1, 1};
  EXPECT_NE(finding_of(examined, "quiet").why.find("load 3.2"), std::string::npos);
  examined.steal_now = 0.05;
  EXPECT_EQ(finding_of(examined, "quiet").answer, Answer::kNo);
}

TEST(Judge, FewTasksMeanFewWorkers) {
  Examination examined = perfect();
  examined.machine.tasks = {90, "pids.max of /sys/fs/cgroup/a"};
  const Finding finding = finding_of(examined, "cluster");
  EXPECT_EQ(finding.answer, Answer::kPartly);
  EXPECT_NE(finding.why.find("about 30 workers"), std::string::npos) << finding.why;
  examined.sealed_memory = {false, "File too large"};
  EXPECT_EQ(finding_of(examined, "cluster").answer, Answer::kNo);
}

TEST(DoctorText, ShowsEveryFindingAndFitsTheWidth) {
  Style style;
  style.columns = 80;
  const std::string text = doctor_text(perfect(), style);
  EXPECT_NE(text.find("what can be shown here"), std::string::npos);
  for (const Finding& finding : judge(perfect())) {
    std::string topic = finding.topic;
    std::replace(topic.begin(), topic.end(), '_', ' ');
    EXPECT_NE(text.find("\n  " + topic), std::string::npos) << topic;
  }
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = text.find('\n', begin);
    EXPECT_LE(columns_of(std::string_view(text).substr(begin, end - begin)), 80U);
    begin = end + 1;
  }
}

TEST(DoctorJson, HasFactsAndFindings) {
  const auto json = nlohmann::ordered_json::parse(doctor_json(perfect()));
  EXPECT_EQ(json["schema"], "strata.doctor/1");
  EXPECT_EQ(json["usable_cpus"]["count"], 4);
  EXPECT_TRUE(json["usable_cpus"]["quota_cpus"].is_null());
  EXPECT_EQ(json["topology"]["cores"], 4);
  EXPECT_EQ(json["findings"].size(), judge(perfect()).size());
  for (const auto& finding : json["findings"]) {
    EXPECT_TRUE(finding["answer"] == "yes" || finding["answer"] == "partly" ||
                finding["answer"] == "no");
  }
}

TEST(Examine, ThisMachineHasAnAnswerToEverything) {
  const Examination examined = examine_machine();
  EXPECT_TRUE(examined.topology.has_value() || !examined.topology_refusal.empty());
  EXPECT_GT(examined.clock_read_ns, 0);
  EXPECT_FALSE(doctor_text(examined, {}).empty());
}

}  // namespace
}  // namespace strata
