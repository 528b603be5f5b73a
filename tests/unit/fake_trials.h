// Trials without processes: a source whose makespans are written down by the test.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "coordinator/cli/trial_source.h"
#include "shared/workloads/workload.h"

namespace strata {

struct FakeTrials {
  // Seconds; 1 / processors by default.
  std::function<double(const TrialRequest&)> makespan_s = [](const TrialRequest& request) {
    return 1.0 / request.layout.processors();
  };
  // Called instead of an answer when it gives one.
  std::function<std::optional<Error>(const TrialRequest&)> refusal = [](const TrialRequest&) {
    return std::nullopt;
  };
  std::function<void(RunResult&)> change = [](RunResult&) {};
  std::vector<TrialRequest> seen;

  TrialSource source() {
    return {[this](const TrialRequest& request, const TrialObserver& observer,
                   std::uint64_t /*launched_ns*/) -> Result<RunResult> {
              seen.push_back(request);
              if (const auto refused = refusal(request)) {
                return *refused;
              }
              RunResult run;
              run.run = "run-" + std::to_string(seen.size());
              run.workload = request.workload->name;
              run.parameters = request.parameters.all();
              run.layout = request.layout;
              run.seed = request.seed;
              run.launch_s = 0.005;
              run.makespan_s = makespan_s(request);
              run.units_expected = run.units_completed = 100;
              run.unit_noun = "units";
              run.shards = 10;
              run.outcome.check = Check::kOk;
              run.outcome.detail = "all 100 units are there";
              run.outcome.headline = "5.13 GFLOP/s";
              run.outcome.fields = {{"gflops", 5.13},
                                    {"operations", std::uint64_t{400}},
                                    {"names", std::vector<std::string>{"a", "b"}}};
              run.cpu_s = 0.9;
              run.voluntary_switches = 3;
              run.involuntary_switches = 4;
              run.pss_bytes = 2'000'000;
              for (std::uint32_t i = 0; i < request.layout.processes; ++i) {
                run.workers.push_back({i, "here", 1000 + i, {0, 1}, 2, 50, 0});
              }
              change(run);
              if (observer.placed) {
                std::vector<WorkerPlace> places;
                for (const WorkerResult& worker : run.workers) {
                  places.push_back({worker.worker, worker.host, worker.cpus});
                }
                observer.placed(places, run.units_expected, run.shards, run.unit_noun);
              }
              if (observer.ready) {
                observer.ready(run.launch_s);
              }
              return run;
            },
            [](const Layout&) -> Status { return Ok{}; },
            [](const Layout& layout) {
              std::vector<WorkerPlace> places;
              for (std::uint32_t i = 0; i < layout.processes; ++i) {
                places.push_back({i, "here", {0, 1}});
              }
              return places;
            }};
  }
};

}  // namespace strata
