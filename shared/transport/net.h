// Clients and a cluster that is up, over a Unix socket: what the rest of strata sees of ZeroMQ.
//
// Neither strata nor strata-worker links ZeroMQ or Protocol Buffers, because loading them costs
// more than starting a worker does. They live in a module, strata-net.so, that net_loader.h opens
// when a command first needs it. The programs carry their own copy of libstdc++, so nothing may
// cross this interface but calls, plain structs and standard types: no exception, no stream, no
// locale, and no object that one side makes and the other looks into by its type.
//
// Everything here is for one thread. Nothing blocks; fd() tells when to look again.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "shared/base/result.h"
#include "shared/wire/messages.h"

namespace strata {

// A connection as its server knows it: opaque, never used again after its end.
using ClientId = std::string;

// Error: bytes that are no message, and why; the connection lives on.
struct FromClient {
  ClientId client;
  Result<wire::ToCluster> message;
};

enum class Sent : std::uint8_t {
  kSent,  // Accepted for sending, not yet received
  kFull,  // The client does not read: try later, or do without
  kGone   // There is no such connection any more
};

class NetServer {
 public:
  NetServer() = default;
  NetServer(const NetServer&) = delete;
  NetServer& operator=(const NetServer&) = delete;
  // Waits up to 0.2 s for what was accepted to get out.
  virtual ~NetServer() = default;

  // Readable (level-triggered) whenever receive() may have something.
  [[nodiscard]] virtual int fd() const = 0;
  // The next message, or nothing for now.
  virtual std::optional<FromClient> receive() = 0;
  // Error: the message breaks a bound of messages.h, or there is no memory.
  virtual Result<Sent> send(const ClientId& client, const wire::ToClient& message) = 0;
};

class NetClient {
 public:
  NetClient() = default;
  NetClient(const NetClient&) = delete;
  NetClient& operator=(const NetClient&) = delete;
  // Forgets what was not sent yet.
  virtual ~NetClient() = default;

  // Readable (level-triggered) whenever receive() may have something, or may send what waits.
  [[nodiscard]] virtual int fd() const = 0;
  // Sends when the connection is there; receive() does the waiting.
  virtual Status send(const wire::ToCluster& message) = 0;
  // The next message, or nothing for now. Error: the other side sent no message of ours.
  virtual std::optional<Result<wire::ToClient>> receive() = 0;
};

class Net {
 public:
  Net() = default;
  Net(const Net&) = delete;
  Net& operator=(const Net&) = delete;
  virtual ~Net() = default;

  // A socket at `path`, in place of one that is there: who may listen is for the caller to settle
  // first. The file is removed with the server. Errors: kMachine (no descriptors, no threads).
  virtual Result<std::unique_ptr<NetServer>> listen(const std::string& path) = 0;
  // Keeps trying to connect; whether somebody listens is for the caller to know.
  virtual Result<std::unique_ptr<NetClient>> connect(const std::string& path) = 0;
};

}  // namespace strata

// The module's one symbol; what it returns lives as long as the process. The name changes whenever
// anything above or in messages.h does.
extern "C" strata::Net* strata_net_1();
