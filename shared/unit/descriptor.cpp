#include "shared/unit/descriptor.h"

#include <fcntl.h>
#include <poll.h>

#include <array>
#include <cstddef>

namespace strata {
namespace {

constexpr std::array<short, 2> kPollEvents{POLLIN, POLLOUT};  // By Side.

}  // namespace

Descriptor::Descriptor(Fd fd) : fd_(std::move(fd)), watched_(&Watched::take(fd_.get())) {
  const int flags = fcntl(fd_.get(), F_GETFL);
  if (flags >= 0 && (flags & O_NONBLOCK) == 0) {
    fcntl(fd_.get(), F_SETFL, flags | O_NONBLOCK);
  }
}

Descriptor::Wait::Wait(Watched& watched, Watched::Side side, bool look, Unit& unit,
                       const WaitLimit& limit)
    : ParkedWait(unit, side == Watched::kReading ? "something to read" : "room to write", limit),
      watched_(watched),
      side_(side),
      look_(look) {}

bool Descriptor::Wait::await_ready() {
  const short events = kPollEvents.at(side_);
  if (look_) {
    watched_.forget_edge(side_);
    pollfd one{.fd = watched_.fd(), .events = events, .revents = 0};
    if (poll(&one, 1, 0) > 0) {
      edge_taken();
      return true;
    }
  }
  if (!waiter().carrier().watch(watched_)) {
    waited_ = true;
    return park_in_poll(watched_.fd(), events);
  }
  if (watched_.wait_or_take(side_, waiter())) {
    edge_taken();
    return true;
  }
  waited_ = listed_ = true;
  return park();
}

WaitEnd Descriptor::Wait::await_resume() {
  if (!waited_) {
    return WaitEnd::kDone;
  }
  const WaitEnd end = ended();
  if (end == WaitEnd::kDone) {
    edge_taken();
  } else if (listed_) {
    watched_.remove(side_, waiter());
  }
  return end;
}

// However it was learnt: what says so may be gone, and the next read must be tried.
void Descriptor::Wait::edge_taken() {
  if (side_ == Watched::kReading) {
    watched_.tell_filled();
  }
}

}  // namespace strata
