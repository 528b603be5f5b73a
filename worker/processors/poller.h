// Poller: one epoll for all processors of a worker. Any of them takes events; the one that idles as
// listener waits in it, for the earliest timer as well, and for interrupt().
//
// One epoll for all, as in Go: with one for each processor a connection would belong to a
// processor, and idle ones could not help. The kernel's lock in it is taken once a batch of events.
#pragma once
#include <atomic>
#include <cstdint>
#include <vector>

#include "shared/os/fd.h"
#include "shared/unit/watched.h"

namespace strata {

class Poller {
 public:
  Poller() = default;
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;
  ~Poller() = default;

  // Makes what it needs of the system, the first time, and begins a trial: what was watched before
  // will be looked at anew. Throws std::system_error. Not beside any other call.
  void begin();
  // Watched is told of every edge from now on, and of what is the case already. Throws
  // std::system_error, and then whoever waits there is in `woken`, as by take().
  void watch(Watched& watched, std::vector<Waiter*>& woken);

  struct Taken {
    bool any = false;  // Events of descriptors
    bool interrupted = false;
  };
  // Takes what has happened, and waits for it up to `limit_ns` (0: does not; UINT64_MAX: for ever).
  // Waiters whose wait is over are added to `woken`: unpark each. Only the listener is interrupted.
  Taken take(std::uint64_t limit_ns, bool listens, std::vector<Waiter*>& woken);
  // Ends the listener's wait in take(), or the next one. Any thread.
  void interrupt();

 private:
  Fd epoll_;
  Fd bell_;               // An eventfd, level-triggered: no other processor can take it away.
  std::uint64_t id_ = 0;  // Of this poller in this trial, never used before.
  std::atomic<bool> precise_{true};  // The kernel has epoll_pwait2.
};

}  // namespace strata
