#include "shared/unit/descriptor_io.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace strata {
namespace {

Descriptor::Wait wait_for(Unit& unit, Descriptor& descriptor, Watched::Side side,
                          const WaitLimit& limit) {
  return {descriptor.watched(), side, false, unit, limit};
}

// A pipe has no MSG_NOSIGNAL: there the signal has to go, for the whole process. Whoever has a
// handler of his own keeps it.
void ignore_broken_pipes() {
  static const bool once = [] {
    struct sigaction now {};
    if (sigaction(SIGPIPE, nullptr, &now) == 0 && now.sa_handler == SIG_DFL) {
      std::signal(SIGPIPE, SIG_IGN);
    }
    return true;
  }();
  static_cast<void>(once);
}

// The system calls, each in a function of its own that is never inlined: a unit may go on on
// another thread after a wait, and errno is the thread's. Each gives what the call gave, or -errno.

[[gnu::noinline]] ssize_t read_once(int fd, std::span<std::byte> buffer) {
  const ssize_t got = read(fd, buffer.data(), buffer.size());
  return got >= 0 ? got : -errno;
}

[[gnu::noinline]] ssize_t write_once(int fd, std::span<const std::byte> bytes) {
  ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent < 0 && errno == ENOTSOCK) {
    ignore_broken_pipes();
    sent = write(fd, bytes.data(), bytes.size());
  }
  return sent >= 0 ? sent : -errno;
}

[[gnu::noinline]] int accept_once(int fd) {
  const int made = accept4(fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  return made >= 0 ? made : -errno;
}

[[gnu::noinline]] int connect_once(int fd, const sockaddr* address, socklen_t address_bytes) {
  return connect(fd, address, address_bytes) == 0 ? 0 : -errno;
}

}  // namespace

Co<Transferred> read_some(Unit& unit, Descriptor& from, std::span<std::byte> buffer,
                          WaitLimit limit) {
  Watched& watched = from.watched();
  for (;;) {
    // A read that came back short has emptied the stream: to try again would cost each request of
    // a conversation one system call that finds nothing.
    if (!watched.drained()) {
      watched.forget_edge(Watched::kReading);
      watched.tell_filled();  // Also where an edge has just said so: this read may leave some.
      const ssize_t got = read_once(from.fd(), buffer);
      if (got > 0) {
        const auto bytes = static_cast<std::size_t>(got);
        if (bytes < buffer.size()) {
          watched.tell_drained();
        }
        co_return Transferred{.bytes = bytes};
      }
      if (got == 0) {
        co_return Transferred{.end = WaitEnd::kClosed};
      }
      if (got == -EINTR) {
        continue;
      }
      if (got != -EAGAIN) {
        co_return Transferred{.end = WaitEnd::kClosed, .error = static_cast<int>(-got)};
      }
    }
    const WaitEnd end = co_await wait_for(unit, from, Watched::kReading, limit);
    if (end != WaitEnd::kDone) {
      co_return Transferred{.end = end};
    }
  }
}

Co<Transferred> read_full(Unit& unit, Descriptor& from, std::span<std::byte> buffer,
                          WaitLimit limit) {
  Transferred all;
  while (all.bytes < buffer.size()) {
    const Transferred some = co_await read_some(unit, from, buffer.subspan(all.bytes), limit);
    all.bytes += some.bytes;
    if (some.end != WaitEnd::kDone) {
      all.end = some.end;
      all.error = some.error;
      break;
    }
  }
  co_return all;
}

Co<Transferred> write_full(Unit& unit, Descriptor& to, std::span<const std::byte> buffer,
                           WaitLimit limit) {
  Transferred all;
  while (all.bytes < buffer.size()) {
    to.watched().forget_edge(Watched::kWriting);
    const ssize_t sent = write_once(to.fd(), buffer.subspan(all.bytes));
    if (sent >= 0) {
      all.bytes += static_cast<std::size_t>(sent);
      continue;
    }
    if (sent == -EINTR) {
      continue;
    }
    if (sent != -EAGAIN) {
      all.end = WaitEnd::kClosed;
      all.error = sent == -EPIPE ? 0 : static_cast<int>(-sent);
      break;
    }
    const WaitEnd end = co_await wait_for(unit, to, Watched::kWriting, limit);
    if (end != WaitEnd::kDone) {
      all.end = end;
      break;
    }
  }
  co_return all;
}

Co<Accepted> accept_one(Unit& unit, Descriptor& listener, WaitLimit limit) {
  for (;;) {
    listener.watched().forget_edge(Watched::kReading);
    const int made = accept_once(listener.fd());
    if (made >= 0) {
      listener.watched().pass_on(Watched::kReading);
      co_return Accepted{.end = WaitEnd::kDone, .socket = Descriptor(Fd(made))};
    }
    if (made == -EINTR || made == -ECONNABORTED) {
      continue;  // The latter: one that was gone before we came to it.
    }
    if (made != -EAGAIN) {
      co_return Accepted{.end = WaitEnd::kClosed, .socket = {}, .error = -made};
    }
    const WaitEnd end = co_await wait_for(unit, listener, Watched::kReading, limit);
    if (end != WaitEnd::kDone) {
      co_return Accepted{.end = end, .socket = {}};
    }
  }
}

Co<Transferred> connect_to(Unit& unit, Descriptor& socket, const sockaddr* address,
                           socklen_t address_bytes, WaitLimit limit) {
  for (;;) {
    // Asked again after the wait, connect() says what became of it; SO_ERROR would not tell one
    // that was made from one that is still in the making.
    socket.watched().forget_edge(Watched::kWriting);
    const int now = connect_once(socket.fd(), address, address_bytes);
    if (now == 0 || now == -EISCONN) {
      co_return Transferred{};
    }
    if (now != -EINPROGRESS && now != -EALREADY && now != -EINTR) {
      co_return Transferred{.end = WaitEnd::kClosed, .error = -now};
    }
    const WaitEnd end = co_await wait_for(unit, socket, Watched::kWriting, limit);
    if (end != WaitEnd::kDone) {
      co_return Transferred{.end = end};
    }
  }
}

}  // namespace strata
