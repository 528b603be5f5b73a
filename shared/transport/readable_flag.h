// One fd that is readable while a ZeroMQ socket needs a look.
//
// The fd of a ZeroMQ socket is edge-triggered in disguise: any operation on the socket, a send
// included, may swallow the edge that announced a message. So after every operation the socket's
// owner tells what it has seen (set), and an epoll of both descriptors is what others wait for.
#pragma once
#include "shared/base/result.h"
#include "shared/os/fd.h"

namespace strata {

class ReadableFlag {
 public:
  // Watches `socket_fd`, which stays its owner's and must outlive this. Errors: no descriptors.
  static Result<ReadableFlag> make(int socket_fd);

  [[nodiscard]] int fd() const { return epoll_.get(); }
  void set(bool readable);

 private:
  ReadableFlag(Fd epoll, Fd event) : epoll_(std::move(epoll)), event_(std::move(event)) {}
  Fd epoll_;
  Fd event_;
  bool readable_ = false;
};

}  // namespace strata
