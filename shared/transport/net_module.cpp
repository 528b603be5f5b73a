// What strata-net.so is beside its libraries: the one symbol that net_loader.cpp asks for.
#include "shared/transport/net.h"
#include "shared/transport/zmq_socket.h"

namespace strata {
namespace {

class ZmqNet final : public Net {
 public:
  Result<std::unique_ptr<NetServer>> listen(const std::string& path) override {
    if (Status room = check_room_for_zmq(); !room) {
      return room.error();
    }
    return zmq_listen(path);
  }
  Result<std::unique_ptr<NetClient>> connect(const std::string& path) override {
    if (Status room = check_room_for_zmq(); !room) {
      return room.error();
    }
    return zmq_connect(path);
  }
};

}  // namespace
}  // namespace strata

// Never freed: it has no state, and what came from it may outlive any order of destruction.
strata::Net* strata_net_1() {
  static strata::ZmqNet net;
  return &net;
}
