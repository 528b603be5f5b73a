// Replies to clients. Most may be lost on a client that does not read; the last one of a trial may
// not, so it is kept and sent again until it is taken or the client is gone.
#pragma once
#include <cstdint>
#include <list>

#include "shared/os/event_loop.h"
#include "shared/transport/net.h"

namespace strata {

class ServerPost {
 public:
  // How often what could not be sent is tried again. Nothing runs while nothing waits.
  static constexpr std::uint64_t kAgain_ns = 250'000'000;

  ServerPost(EventLoop& loop, NetServer& net) : loop_(loop), net_(net) {}
  ~ServerPost() { loop_.cancel(timer_); }
  ServerPost(const ServerPost&) = delete;
  ServerPost& operator=(const ServerPost&) = delete;

  // False: the client is gone. A client that does not read misses the message.
  bool tell(const ClientId& client, const wire::ToClient& message);
  // A message that is beyond a bound is replaced by a refusal that says so.
  void deliver(const ClientId& client, wire::ToClient message);

 private:
  struct Letter {
    ClientId client;
    wire::ToClient message;
  };
  // Whether nothing more is to be done about it.
  bool try_to_send(const Letter& letter);
  void try_again();

  EventLoop& loop_;
  NetServer& net_;
  std::list<Letter> waiting_;
  EventLoop::TimerId timer_ = 0;
};

}  // namespace strata
