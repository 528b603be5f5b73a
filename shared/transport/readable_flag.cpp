#include "shared/transport/readable_flag.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <cstdint>

#include "shared/base/check.h"

namespace strata {

Result<ReadableFlag> ReadableFlag::make(int socket_fd) {
  Fd epoll(epoll_create1(EPOLL_CLOEXEC));
  Fd event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  for (const int watched : {socket_fd, event.get()}) {
    epoll_event interest{};
    interest.events = EPOLLIN;
    if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, watched, &interest) != 0) {
      return system_error(Exit::kMachine, "cannot watch a socket", errno);
    }
  }
  return ReadableFlag(std::move(epoll), std::move(event));
}

void ReadableFlag::set(bool readable) {
  if (readable == readable_) {
    return;
  }
  readable_ = readable;
  const int done = readable ? eventfd_write(event_.get(), 1) : [this] {
    eventfd_t ignored = 0;
    return eventfd_read(event_.get(), &ignored);
  }();
  STRATA_CHECK(done == 0, errno);  // A counter of 0 or 1 is never full and never empty here.
}

}  // namespace strata
