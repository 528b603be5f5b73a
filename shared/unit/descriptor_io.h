// What units do with sockets and pipes, over the waiting of Descriptor: the same on every executor.
//
// Each is tried first and waits only where it would block, within the limit. An error of the system
// ends it as the end of the stream does, with kClosed: there will be nothing more.
#pragma once
#include <sys/socket.h>

#include <cstddef>
#include <span>

#include "shared/unit/co.h"
#include "shared/unit/descriptor.h"

namespace strata {

struct Transferred {
  WaitEnd end = WaitEnd::kDone;
  std::size_t bytes = 0;  // Read or written, also where it ended otherwise than kDone.
  int error = 0;          // With kClosed: an errno, or 0 when the other side closed in good order.
};

// At least one byte, at most buffer.size() (> 0), of a pipe or a stream socket.
Co<Transferred> read_some(Unit& unit, Descriptor& from, std::span<std::byte> buffer,
                          WaitLimit limit = {});
// All of the buffer.
Co<Transferred> read_full(Unit& unit, Descriptor& from, std::span<std::byte> buffer,
                          WaitLimit limit = {});
Co<Transferred> write_full(Unit& unit, Descriptor& to, std::span<const std::byte> buffer,
                           WaitLimit limit = {});

struct Accepted {
  WaitEnd end = WaitEnd::kDone;
  Descriptor socket;  // kDone alone
  int error = 0;      // As above
};
// The next connection to a listening socket.
Co<Accepted> accept_one(Unit& unit, Descriptor& listener, WaitLimit limit = {});

// Connects a stream socket to an address, which lives until this has ended. kDone, or kClosed with
// an error. (A Unix socket whose listener's queue is full fails with EAGAIN: nothing tells when it
// is not.)
Co<Transferred> connect_to(Unit& unit, Descriptor& socket, const sockaddr* address,
                           socklen_t address_bytes, WaitLimit limit = {});

}  // namespace strata
