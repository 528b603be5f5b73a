// A client's end: a DEALER socket.
//
// Without ZMQ_IMMEDIATE: that option would have a message wait for its connection, but when the
// connection ends it also throws away what came in and was not yet read (libzmq 4.3.4,
// session_base_t::reconnect), and the last words of a cluster that goes down are just that.
#include <deque>
#include <zmq.hpp>

#include "shared/transport/net.h"
#include "shared/transport/readable_flag.h"
#include "shared/transport/zmq_socket.h"
#include "shared/wire/codec.h"

namespace strata {
namespace {

class ZmqClient final : public NetClient {
 public:
  ZmqClient(zmq::context_t context, zmq::socket_t socket, ReadableFlag flag)
      : context_(std::move(context)), socket_(std::move(socket)), flag_(std::move(flag)) {}

  [[nodiscard]] int fd() const override { return flag_.fd(); }

  Status send(const wire::ToCluster& message) override {
    try {
      Result<std::string> bytes = wire::encode(message);
      if (!bytes) {
        return bytes.error();
      }
      waiting_.push_back(std::move(*bytes));
      flush();
      look();
      return Ok{};
    } catch (const std::exception& error) {
      return Error{Exit::kMachine, std::string("cannot talk to the cluster: ") + error.what()};
    }
  }

  std::optional<Result<wire::ToClient>> receive() override {
    try {
      flush();
      std::optional<Result<wire::ToClient>> received;
      if ((look() & ZMQ_POLLIN) != 0) {
        received = take();
        look();
      }
      return received;
    } catch (const std::exception& error) {
      return Error{Exit::kMachine, std::string("cannot hear the cluster: ") + error.what()};
    }
  }

 private:
  int look() {
    const int events = socket_.get(zmq::sockopt::events);
    const bool can_send = !waiting_.empty() && (events & ZMQ_POLLOUT) != 0;
    flag_.set((events & ZMQ_POLLIN) != 0 || can_send);
    return events;
  }

  void flush() {
    while (!waiting_.empty() &&
           socket_.send(zmq::buffer(waiting_.front()), zmq::send_flags::dontwait)) {
      waiting_.pop_front();
    }
  }

  std::optional<Result<wire::ToClient>> take() {
    zmq::message_t frame;
    if (!socket_.recv(frame, zmq::recv_flags::dontwait)) {
      return std::nullopt;
    }
    Result<wire::ToClient> message = wire::decode_to_client(frame.to_string_view());
    bool more = frame.more();
    while (more) {
      zmq::message_t surplus;
      more = socket_.recv(surplus, zmq::recv_flags::dontwait) && surplus.more();
      message = Error{Exit::kFailed, "a message cannot be read: it is not one frame"};
    }
    return message;
  }

  zmq::context_t context_;
  zmq::socket_t socket_;
  ReadableFlag flag_;
  std::deque<std::string> waiting_;  // Encoded, not yet sent
};

}  // namespace

Result<std::unique_ptr<NetClient>> zmq_connect(const std::string& path) {
  try {
    zmq::context_t context(1);
    zmq::socket_t socket(context, zmq::socket_type::dealer);
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::sndhwm, kHighWaterMark);
    socket.set(zmq::sockopt::rcvhwm, kHighWaterMark);
    socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(wire::kReplyBytesMax));
    socket.set(zmq::sockopt::handshake_ivl, kHandshakeMs);
    socket.connect("ipc://" + path);
    Result<ReadableFlag> flag = ReadableFlag::make(socket.get(zmq::sockopt::fd));
    if (!flag) {
      return flag.error();
    }
    return std::unique_ptr<NetClient>(
        std::make_unique<ZmqClient>(std::move(context), std::move(socket), std::move(*flag)));
  } catch (const std::exception& error) {
    return Error{Exit::kMachine, "cannot connect to " + path + ": " + error.what()};
  }
}

}  // namespace strata
