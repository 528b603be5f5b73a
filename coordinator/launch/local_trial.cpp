#include "coordinator/launch/local_trial.h"

#include <optional>
#include <utility>

#include "coordinator/cluster/local_cluster.h"
#include "coordinator/launch/launchers.h"
#include "shared/os/event_loop.h"

namespace strata {

Result<RunResult> run_local_trial(const TrialRequest& request, const TrialObserver& observer,
                                  std::uint64_t launched_ns) {
  auto loop = EventLoop::make();
  if (!loop) {
    return loop.error();
  }
  std::optional<Result<RunResult>> result;
  const auto launcher = make_local_launcher();
  // Workers print to stderr: stdout is for results.
  auto cluster = LocalCluster::make(**loop, *launcher, 2);
  if (!cluster) {
    return cluster.error();
  }
  if (auto watched = (*loop)->on_interruption([&] {
        (*cluster)->cancel({Exit::kInterrupted, "interrupted"});
      });
      !watched) {
    return watched.error();
  }
  (*cluster)->run(request, observer, launched_ns, [&](Result<RunResult> done) {
    result.emplace(std::move(done));
    (*loop)->stop();
  });
  (*loop)->run();
  return std::move(*result);
}

}  // namespace strata
