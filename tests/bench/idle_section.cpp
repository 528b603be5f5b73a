// What a cluster costs while nobody uses it. CPU time is the scheduler's own count of nanoseconds,
// since the clock ticks of /proc/PID/stat are coarser than what is looked for.
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/bench/programs.h"
#include "tests/bench/sections.h"
#include "tests/cluster/process_harness.h"

namespace strata::bench {
namespace {

using testing::Process;
using testing::ProcessInfo;

double cpu_seconds(pid_t pid) {
  double nanoseconds = 0;
  std::error_code ignored;
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks, ignored)) {
    double on_core = 0;
    std::ifstream(task.path() / "schedstat") >> on_core;
    nanoseconds += on_core;
  }
  return nanoseconds / 1e9;
}

double pss_bytes(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
  std::string word;
  double kilobytes = 0;
  while (file >> word) {
    if (word == "Pss:") {
      file >> kilobytes;
      break;
    }
  }
  return kilobytes * 1024;
}

bool is_worker(const ProcessInfo& process) { return process.name == "strata-worker"; }

struct Idle {
  double pss_of_a_worker = 0;       // Bytes, mean
  double cores_of_a_worker = 0;     // CPU seconds a second, mean
  double cores_of_the_cluster = 0;  // Everything that `up` left running
};

// A cluster that is up and left alone, observed for `watch`.
std::optional<Idle> observe(const Settings& settings, const std::string& count,
                            std::chrono::milliseconds watch) {
  const std::string strata = settings.bin + "/strata";
  const std::string name = "bench-" + std::to_string(getpid());
  Process up({.words = {strata, "up", name, "-P", count, "-T", "1"}});
  if (up.wait().status != 0) {
    return {};
  }
  const std::vector<ProcessInfo> all = up.members();
  // The only sleep of the benchmark: the time over which rest is observed.
  std::vector<double> before;
  for (const ProcessInfo& process : all) {
    before.push_back(cpu_seconds(process.pid));
  }
  std::this_thread::sleep_for(watch);
  const double seconds = std::chrono::duration<double>(watch).count();
  Idle idle;
  double workers = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double cores = (cpu_seconds(all[i].pid) - before[i]) / seconds;
    idle.cores_of_the_cluster += cores;
    if (is_worker(all[i])) {
      workers += 1;
      idle.cores_of_a_worker += cores;
      idle.pss_of_a_worker += pss_bytes(all[i].pid);
    }
  }
  testing::run({.words = {strata, "down", name}});
  if (workers == 0) {
    return {};
  }
  idle.cores_of_a_worker /= workers;
  idle.pss_of_a_worker /= workers;
  return idle;
}

std::string percent(double part) { return number_text(part * 100) + " % of a core"; }

}  // namespace

std::vector<Row> measure_idle(const Settings& settings) {
  const std::string many = settings.quick ? "4" : "64";
  const std::chrono::milliseconds watch(settings.quick ? 100 : 2000);
  const std::size_t rounds = settings.quick ? 1 : 3;
  Samples pss;
  Samples worker;
  Samples cluster;
  for (std::size_t round = 0; round < rounds; ++round) {
    if (const auto large = observe(settings, many, watch)) {
      pss.push_back(large->pss_of_a_worker / 1e6);
      worker.push_back(large->cores_of_a_worker);
    }
    if (const auto small = observe(settings, "8", watch)) {
      cluster.push_back(small->cores_of_the_cluster);
    }
  }
  if (pss.empty() || cluster.empty()) {
    return {{"an idle cluster", "not measured", "-", "-", "-"}};
  }
  return {
      {"memory of an idle worker of " + many, number_text(median(pss)) + " MB (PSS)", "-", "-",
       "<= 1 MB"},
      {"CPU of an idle worker of " + many, percent(median(worker)), "-", "-", "<= 0.5 %"},
      {"CPU of an idle cluster of 8, all in all", percent(median(cluster)), "-", "-", "<= 1 %"},
  };
}

}  // namespace strata::bench
