// How the processes of workers come to be: by posix_spawn, or made by a zygote that is started when
// a layout first asks for it and then stays. Either way they are children of this process, born
// with the segment and the doorbell.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "shared/base/ids.h"
#include "shared/base/layout.h"
#include "shared/base/result.h"
#include "shared/host/zygote_client.h"
#include "shared/os/fd.h"
#include "shared/os/process.h"

namespace strata {

class WorkerStarter {
 public:
  // `program`: path of strata-worker. `output_fd`: where the workers' stdout goes; their stderr is
  // ours. Error: no descriptor left.
  static Result<std::unique_ptr<WorkerStarter>> make(std::string program, int output_fd);

  // The eventfd that workers write to when they have reported; non-blocking.
  [[nodiscard]] int doorbell() const { return doorbell_.get(); }

  // Before start(): has the zygote ready where `how` needs one.
  Status prepare(Start how, int segment_fd);
  // Starts workers [first, first + count) and tells of each; its answer decides whether this fails.
  // Processes that live have been told of also when this returns an error.
  using Started = std::function<Status(std::uint32_t place, Result<ChildProcess> process)>;
  struct Batch {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
    Epoch epoch = 0;
  };
  Status start(Start how, int segment_fd, const Batch& batch, const Started& started);

 private:
  WorkerStarter(std::string program, int output_fd)
      : program_(std::move(program)), output_fd_(output_fd) {}
  Status clone_workers(const Batch& batch, const Started& started);
  Status spawn_workers(int segment_fd, const Batch& batch, const Started& started);

  const std::string program_;
  const int output_fd_;
  Fd doorbell_;
  Fd null_;  // The workers' stdin
  std::unique_ptr<ZygoteClient> zygote_;
};

}  // namespace strata
