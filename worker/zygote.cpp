#include "worker/zygote.h"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <vector>

#include "shared/host/pages.h"
#include "shared/host/zygote_client.h"

namespace strata {
namespace {

// A fork whose child is a child of our parent, the agent: it reaps all workers, however made, and
// their death signal names one parent. Only while this process has one thread.
//
// glibc keeps the thread id of the caller; the kernel writes the child's there before it runs
// (CLONE_CHILD_SETTID), as fork() has it do.
pid_t clone_sibling(int* tid_address) {
  constexpr unsigned long kFlags =
      CLONE_PARENT | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD;
  return static_cast<pid_t>(syscall(SYS_clone, kFlags, nullptr, nullptr, tid_address, 0UL));
}

}  // namespace

int run_zygote(const ZygoteLife& life) {
  int* tid_address = nullptr;
  if (prctl(PR_GET_TID_ADDRESS, &tid_address) != 0) {
    return 3;
  }
  prctl(PR_SET_NAME, "strata-zygote");  // In ps and top it is not one of its workers.
  ZygoteRequest request;
  while (recv(kZygoteFd, &request, sizeof request, 0) == sizeof request) {
    // Mapped anew for each request: the layout may have changed. Children inherit the mapping.
    auto pages = life.map();
    if (!pages || request.count > kMaxWorkersOfHost) {
      return 3;
    }
    std::vector<pid_t> pids(request.count);
    for (std::uint32_t i = 0; i < request.count; ++i) {
      const pid_t pid = clone_sibling(tid_address);
      if (pid == 0) {
        close(kZygoteFd);
        prctl(PR_SET_NAME, "strata-worker");
        return life.run(request.first + i, std::move(*pages));
      }
      pids[i] = pid > 0 ? pid : -errno;
    }
    (void)!send(kZygoteFd, pids.data(), pids.size() * sizeof(pid_t), MSG_NOSIGNAL);
  }
  return 0;
}

}  // namespace strata
