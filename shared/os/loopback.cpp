#include "shared/os/loopback.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

namespace strata {
namespace {

Error failure(const char* operation) { return system_error(Exit::kMachine, operation, errno); }

}  // namespace

Result<Fd> tcp_socket() {
  Fd made(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!made) {
    return failure("making a TCP socket");
  }
  const int on = 1;
  if (setsockopt(made.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0) {
    return failure("TCP_NODELAY");
  }
  return made;
}

Result<Fd> listen_on_loopback(int backlog) {
  Result<Fd> made = tcp_socket();
  if (!made) {
    return made;
  }
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(made->get(), reinterpret_cast<const sockaddr*>(&here), sizeof(here)) != 0) {
    return failure("binding a TCP socket to 127.0.0.1");
  }
  if (listen(made->get(), backlog) != 0) {
    return failure("listening on 127.0.0.1");
  }
  return made;
}

Result<sockaddr_in> address_of(const Fd& socket) {
  sockaddr_in address{};
  socklen_t bytes = sizeof(address);
  if (getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &bytes) != 0) {
    return failure("asking where a socket is bound");
  }
  return address;
}

}  // namespace strata
