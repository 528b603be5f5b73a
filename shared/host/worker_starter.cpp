#include "shared/host/worker_starter.h"

#include <fcntl.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <vector>

#include "shared/host/pages.h"

namespace strata {
namespace {

// Descriptors that children get must not lie where they are put (3 to 5).
constexpr int kLowestFd = 10;

Result<Fd> move_up(Fd fd, const char* what) {
  Fd high(fd ? fcntl(fd.get(), F_DUPFD_CLOEXEC, kLowestFd) : -1);
  if (!high) {
    return system_error(Exit::kMachine,
                        std::string("cannot open ") + what +
                            "; raise the limit on open files "
                            "(ulimit -n)",
                        errno);
  }
  return high;
}

}  // namespace

Result<std::unique_ptr<WorkerStarter>> WorkerStarter::make(std::string program, int output_fd) {
  auto starter = std::unique_ptr<WorkerStarter>(new WorkerStarter(std::move(program), output_fd));
  auto doorbell = move_up(Fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), "a doorbell (eventfd)");
  if (!doorbell) {
    return doorbell.error();
  }
  starter->doorbell_ = std::move(*doorbell);
  auto null = move_up(Fd(open("/dev/null", O_RDONLY | O_CLOEXEC)), "/dev/null");
  if (!null) {
    return null.error();
  }
  starter->null_ = std::move(*null);
  return starter;
}

Status WorkerStarter::prepare(Start how, int segment_fd) {
  if (how == Start::kZygote && !zygote_) {
    auto zygote = ZygoteClient::start(program_, segment_fd, doorbell_.get(), output_fd_);
    if (!zygote) {
      return zygote.error();
    }
    zygote_ = std::move(*zygote);
  }
  return Ok{};
}

Status WorkerStarter::start(Start how, int segment_fd, const Batch& batch, const Started& started) {
  return how == Start::kZygote ? clone_workers(batch, started)
                               : spawn_workers(segment_fd, batch, started);
}

// Those that exist are all told of, also when others do not: nobody else knows their pids.
Status WorkerStarter::clone_workers(const Batch& batch, const Started& started) {
  auto pids =
      zygote_->make_workers({.first = batch.first, .count = batch.count, .epoch = batch.epoch});
  if (!pids) {
    return pids.error();
  }
  Status status = Ok{};
  for (std::uint32_t i = 0; i < batch.count; ++i) {
    const pid_t pid = (*pids)[i];
    if (pid <= 0) {
      status = system_error(Exit::kMachine,
                            "cannot start another process: the limit on processes may be "
                            "reached (ulimit -u); raise it, or run fewer processes",
                            -pid);
    } else if (auto taken = started(batch.first + i, ChildProcess::adopt(pid)); !taken) {
      status = taken;
    }
  }
  return status;
}

Status WorkerStarter::spawn_workers(int segment_fd, const Batch& batch, const Started& started) {
  for (std::uint32_t place = batch.first; place < batch.first + batch.count; ++place) {
    SpawnPlan plan;
    plan.program = program_;
    plan.arguments = {"worker", std::to_string(place)};
    plan.descriptors = {{null_.get(), 0},
                        {output_fd_, 1},
                        {segment_fd, kSegmentFd},
                        {doorbell_.get(), kDoorbellFd}};
    if (auto taken = started(place, spawn(plan)); !taken) {
      return taken;
    }
  }
  return Ok{};
}

}  // namespace strata
