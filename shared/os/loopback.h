// TCP sockets on this machine's loopback, for workloads and tests that need real ones.
#pragma once
#include <netinet/in.h>

#include "shared/base/result.h"
#include "shared/os/fd.h"

namespace strata {

// A socket that listens on a port of the kernel's choice; what it accepts sends at once
// (TCP_NODELAY). `backlog`: connections that may wait to be accepted, 1..4096. Errors are kMachine.
Result<Fd> listen_on_loopback(int backlog);
// Where a socket is bound.
Result<sockaddr_in> address_of(const Fd& socket);
// A non-blocking socket to connect, with TCP_NODELAY. Errors are kMachine.
Result<Fd> tcp_socket();

}  // namespace strata
