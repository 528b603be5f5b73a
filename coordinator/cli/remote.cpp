#include "coordinator/cli/remote.h"

#include <utility>

#include "coordinator/cluster/client.h"
#include "coordinator/cluster/cluster_folder.h"

namespace strata {

TrialSource cluster_trials(std::string name) {
  // The cluster is on this machine, so what a layout can be here it can be there.
  return {[name = std::move(name)](const TrialRequest& request, const TrialObserver& observer,
                                   std::uint64_t launched_ns) {
            return run_on_cluster(name, request, observer, launched_ns);
          },
          check_layout, plan_placement};
}

Result<std::string> cluster_name(std::string_view command, const std::vector<std::string>& words) {
  if (words.size() > 1) {
    return Error{Exit::kUsage, std::string(command) + ": takes one name; leave out '" + words[1] +
                                   "' (strata " + std::string(command) + " --help)"};
  }
  std::string name = words.empty() ? "default" : words[0];
  if (Status good = check_cluster_name(name); !good) {
    return Error{good.error().exit, std::string(command) + ": " + good.error().message};
  }
  return name;
}

}  // namespace strata
