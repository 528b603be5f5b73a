// What the server's and the client's socket have in common. ZeroMQ itself is named in the .cpp
// files only: the context is opaque here.
#pragma once
#include <memory>
#include <string>

#include "shared/base/result.h"
#include "shared/transport/net.h"

namespace strata {

// Messages that wait in one connection at most, each way.
inline constexpr int kHighWaterMark = 256;
// A connection that has not finished its handshake by then is closed.
inline constexpr int kHandshakeMs = 2'000;

// libzmq aborts the process where it cannot get a descriptor or a thread for itself. Asks for as
// many first, so that the lack is an Error.
Status check_room_for_zmq();

Result<std::unique_ptr<NetServer>> zmq_listen(const std::string& path);
Result<std::unique_ptr<NetClient>> zmq_connect(const std::string& path);

}  // namespace strata
