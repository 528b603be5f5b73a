// The cluster's end: a ROUTER socket. ROUTER_MANDATORY, because without it a message to somebody
// who has left is dropped without a word, and a trial would go on for nobody.
#include <unistd.h>

#include <zmq.hpp>

#include "shared/transport/net.h"
#include "shared/transport/readable_flag.h"
#include "shared/transport/zmq_socket.h"
#include "shared/wire/codec.h"

namespace strata {
namespace {

constexpr int kLastWordsMs = 200;  // For replies that were accepted, when the server ends.

class ZmqServer final : public NetServer {
 public:
  ZmqServer(std::string path, zmq::context_t context, zmq::socket_t socket, ReadableFlag flag)
      : path_(std::move(path)),
        context_(std::move(context)),
        socket_(std::move(socket)),
        flag_(std::move(flag)) {}

  ~ZmqServer() override { unlink(path_.c_str()); }  // libzmq does not.

  [[nodiscard]] int fd() const override { return flag_.fd(); }

  std::optional<FromClient> receive() override {
    try {
      std::optional<FromClient> received;
      while (!received && has_input()) {
        received = take();
      }
      has_input();
      return received;
    } catch (const std::exception&) {
      return std::nullopt;  // No memory for one message: it is lost, as on a bad line.
    }
  }

  Result<Sent> send(const ClientId& client, const wire::ToClient& message) override {
    try {
      Result<std::string> bytes = wire::encode(message);
      if (!bytes) {
        return bytes.error();
      }
      const Sent sent = send_bytes(client, *bytes);
      has_input();  // Sending may have swallowed the edge of a message that came in.
      return sent;
    } catch (const std::exception& error) {
      return Error{Exit::kMachine, std::string("cannot answer a client: ") + error.what()};
    }
  }

 private:
  bool has_input() {
    const bool input = (socket_.get(zmq::sockopt::events) & ZMQ_POLLIN) != 0;
    flag_.set(input);
    return input;
  }

  // One message off the socket: two frames, identity and body. Anything else is no client of ours.
  std::optional<FromClient> take() {
    zmq::message_t identity;
    if (!socket_.recv(identity, zmq::recv_flags::dontwait)) {
      return std::nullopt;
    }
    std::optional<FromClient> received;
    std::size_t frames = 0;
    bool more = identity.more();
    while (more) {
      zmq::message_t frame;
      if (!socket_.recv(frame, zmq::recv_flags::dontwait)) {
        break;
      }
      more = frame.more();
      if (++frames == 1) {
        received =
            FromClient{identity.to_string(), wire::decode_to_cluster(frame.to_string_view())};
      }
    }
    if (frames != 1) {
      received = FromClient{identity.to_string(),
                            Error{Exit::kFailed, "a message cannot be read: it is not one frame"}};
    }
    return received;
  }

  Sent send_bytes(const ClientId& client, const std::string& bytes) {
    try {
      const auto flags = zmq::send_flags::dontwait;
      if (!socket_.send(zmq::buffer(client), flags | zmq::send_flags::sndmore)) {
        return Sent::kFull;
      }
      // Cannot be refused: the pipe was chosen, and had room, with the first frame.
      return socket_.send(zmq::buffer(bytes), flags) ? Sent::kSent : Sent::kFull;
    } catch (const zmq::error_t& error) {
      if (error.num() == EHOSTUNREACH) {
        return Sent::kGone;
      }
      throw;
    }
  }

  std::string path_;
  zmq::context_t context_;
  zmq::socket_t socket_;
  ReadableFlag flag_;
};

}  // namespace

Result<std::unique_ptr<NetServer>> zmq_listen(const std::string& path) {
  try {
    zmq::context_t context(1);
    zmq::socket_t socket(context, zmq::socket_type::router);
    socket.set(zmq::sockopt::router_mandatory, true);
    socket.set(zmq::sockopt::sndhwm, kHighWaterMark);
    socket.set(zmq::sockopt::rcvhwm, kHighWaterMark);
    socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(wire::kRequestBytesMax));
    socket.set(zmq::sockopt::handshake_ivl, kHandshakeMs);
    socket.set(zmq::sockopt::linger, kLastWordsMs);
    socket.bind("ipc://" + path);
    Result<ReadableFlag> flag = ReadableFlag::make(socket.get(zmq::sockopt::fd));
    if (!flag) {
      return flag.error();
    }
    return std::unique_ptr<NetServer>(
        std::make_unique<ZmqServer>(path, std::move(context), std::move(socket), std::move(*flag)));
  } catch (const std::exception& error) {
    return Error{Exit::kMachine, "cannot listen on " + path + ": " + error.what()};
  }
}

}  // namespace strata
