// How the agents of a cluster's hosts come to be. One file a way in coordinator/launch.
#pragma once
#include <memory>

#include "shared/base/result.h"
#include "shared/host/agent.h"
#include "shared/os/event_loop.h"

namespace strata {

class Launcher {
 public:
  Launcher() = default;
  Launcher(const Launcher&) = delete;
  Launcher& operator=(const Launcher&) = delete;
  virtual ~Launcher() = default;

  // The agent of the cluster's host, with no worker yet. `output_fd`: where the workers' stdout
  // goes.
  virtual Result<std::unique_ptr<HostAgent>> launch(EventLoop& loop, int output_fd,
                                                    AgentListener& listener) = 0;
};

}  // namespace strata
