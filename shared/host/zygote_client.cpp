#include "shared/host/zygote_client.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "shared/host/pages.h"

namespace strata {

Result<std::unique_ptr<ZygoteClient>> ZygoteClient::start(const std::string& program,
                                                          int segment_fd, int doorbell_fd,
                                                          int output_fd, const std::string& role) {
  int ends[2] = {-1, -1};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return system_error(Exit::kMachine, "cannot make a socket to the zygote", errno);
  }
  Fd ours(ends[0]);
  const Fd theirs(ends[1]);
  SpawnPlan plan;
  plan.program = program;
  plan.arguments = {role, std::to_string(getpid())};
  plan.descriptors = {{output_fd, 1},
                      {segment_fd, kSegmentFd},
                      {doorbell_fd, kDoorbellFd},
                      {theirs.get(), kZygoteFd}};
  auto process = spawn(plan);
  if (!process) {
    return process.error();
  }
  return std::unique_ptr<ZygoteClient>(new ZygoteClient(std::move(*process), std::move(ours)));
}

Result<std::vector<pid_t>> ZygoteClient::make_workers(const ZygoteRequest& request) {
  std::vector<pid_t> pids(request.count);
  const Error gone{Exit::kFailed, "the zygote is gone; run with --start spawn"};
  if (send(socket_.get(), &request, sizeof request, MSG_NOSIGNAL) !=
      static_cast<ssize_t>(sizeof request)) {
    return gone;
  }
  const std::size_t bytes = pids.size() * sizeof(pid_t);
  ssize_t got = 0;
  do {
    got = recv(socket_.get(), pids.data(), bytes, 0);
  } while (got < 0 && errno == EINTR);
  if (got != static_cast<ssize_t>(bytes)) {
    return gone;
  }
  return pids;
}

}  // namespace strata
