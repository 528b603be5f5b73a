// This machine: the agent lives in the coordinator's process, and its calls are function calls.
#include <unistd.h>

#include "coordinator/launch/launchers.h"
#include "shared/os/process.h"

namespace strata {
namespace {

class LocalLauncher final : public Launcher {
 public:
  Result<std::unique_ptr<HostAgent>> launch(EventLoop& loop, int output_fd,
                                            AgentListener& listener) override {
    auto folder = executable_folder();
    if (!folder) {
      return folder.error();
    }
    HostAgent::Options options;
    options.worker_program = *folder + "/strata-worker";
    options.output_fd = output_fd;
    if (access(options.worker_program.c_str(), X_OK) != 0) {
      return Error{Exit::kMachine, "there is no strata-worker beside strata in " + *folder +
                                       "; build both, and keep them in one folder"};
    }
    return HostAgent::make(loop, std::move(options), listener);
  }
};

}  // namespace

std::unique_ptr<Launcher> make_local_launcher() { return std::make_unique<LocalLauncher>(); }

}  // namespace strata
