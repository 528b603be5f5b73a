// One workload under one layout, once.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/cluster/run_result.h"
#include "shared/base/layout.h"
#include "shared/base/result.h"
#include "shared/workloads/workload.h"

namespace strata {

struct TrialRequest {
  const Workload* workload = nullptr;
  Parameters parameters;
  Layout layout;
  std::uint64_t seed = 1;
  double operations_per_us = 0;  // Of an earlier calibration; 0: measured if it must be.
  double timeout_s = 0;          // 0: none
  bool speculate = true;         // Copies of stragglers' shards; off in sweep.
  // Gives Job::reference() of this workload and these parameters; called after the last commit,
  // outside the makespan. A sweep passes one that remembers. Null: the job is asked.
  std::function<std::string(Job&)> reference;
};

struct WorkerPlace {
  std::uint32_t worker = 0;
  std::string host;
  std::vector<int> cpus;
};

// What a trial tells while it runs; called on the loop's thread.
struct TrialObserver {
  // Once, as soon as the plan is there; the workers may be starting already.
  std::function<void(const std::vector<WorkerPlace>& placement, std::uint64_t units,
                     std::uint64_t shards, const std::string& unit_noun)>
      placed;
  // `launch_s` as RunResult's.
  std::function<void(double launch_s)> ready;
  // About ten times a second while units run.
  std::function<void(std::uint64_t done, std::uint64_t units, double elapsed_s)> progress;
};

// Where each worker of a layout would run on this machine: what `placed` is told.
std::vector<WorkerPlace> plan_placement(const Layout& layout);

// Why a layout cannot run on this machine (too many processes, CPUs, memory), or Ok.
Status check_layout(const Layout& layout);
// Whether a worker of the layout keeps as many units alive as wait for each other (Job::group());
// otherwise the sentence that refuses it (kUsage), with a layout that does.
Status check_group(std::string_view workload, std::uint32_t group, const Layout& layout);

}  // namespace strata
