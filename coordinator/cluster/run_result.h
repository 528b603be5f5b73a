// What one trial gave: the figures that text, JSON, CSV and HTML show, before any of them.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "shared/base/layout.h"
#include "shared/workloads/workload.h"

namespace strata {

struct WorkerResult {
  std::uint32_t worker = 0;
  std::string host;
  std::int64_t pid = 0;
  std::vector<int> cpus;         // Those its carriers may run on.
  std::uint32_t os_threads = 0;  // Peak of carriers
  std::uint64_t units = 0;       // Committed from this worker
  std::uint32_t restarts = 0;
};

struct RunResult {
  std::string run;  // Id: unique on this machine, sorts by time.
  std::string workload;
  std::map<std::string, std::string, std::less<>> parameters;  // Defaults resolved
  Layout layout;
  std::uint64_t seed = 1;

  double launch_s = 0;    // Exec of strata to all workers ready; 0: they were ready before.
  double makespan_s = 0;  // The common start to the last commit.

  std::uint64_t units_expected = 0;
  std::uint64_t units_completed = 0;
  std::uint64_t units_retried = 0;
  std::uint64_t duplicates_discarded = 0;
  std::string unit_noun;
  std::uint64_t shards = 0;

  Outcome outcome;
  std::string failure;  // Why the run failed, one sentence; empty when it did not.

  // Of the workers alone, start to last commit.
  double cpu_s = 0;
  std::uint64_t voluntary_switches = 0;
  std::uint64_t involuntary_switches = 0;
  std::uint64_t pss_bytes = 0;

  std::vector<WorkerResult> workers;
};

}  // namespace strata
