// The agent's end of a zygote: a single-threaded strata-worker that makes workers by clone, which
// is several times cheaper than exec. The workers are the agent's children, not the zygote's
// (CLONE_PARENT), so that the agent reaps them and they die with it.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "shared/base/ids.h"
#include "shared/base/result.h"
#include "shared/os/fd.h"
#include "shared/os/process.h"

namespace strata {

// What travels to the zygote: make workers [first, first + count) of this epoch. It answers with
// `count` pids, 0 where the kernel refused, with errno in the place of the pid, negated.
struct ZygoteRequest {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  Epoch epoch = 0;
};

class ZygoteClient {
 public:
  // Starts `program role` with the segment and the doorbell as its descriptors.
  static Result<std::unique_ptr<ZygoteClient>> start(const std::string& program, int segment_fd,
                                                     int doorbell_fd, int output_fd,
                                                     const std::string& role = "zygote");

  // Makes workers and returns their pids, in order; they are children of this process.
  Result<std::vector<pid_t>> make_workers(const ZygoteRequest& request);
  [[nodiscard]] pid_t pid() const { return process_.pid(); }

 private:
  ZygoteClient(ChildProcess process, Fd socket)
      : process_(std::move(process)), socket_(std::move(socket)) {}
  ChildProcess process_;
  Fd socket_;
};

}  // namespace strata
