// What the workers of a cluster that stays print: to the client whose trial runs, else to the log.
#pragma once
#include <cstddef>
#include <functional>
#include <string_view>

#include "shared/base/result.h"
#include "shared/os/event_loop.h"
#include "shared/os/fd.h"

namespace strata {

class ServerOutput {
 public:
  // `reader`: the reading end of the pipe that the workers write to. `log_fd` stays the caller's;
  // `log_bytes_max`: what it takes at most; the rest is dropped, and a line says so.
  ServerOutput(EventLoop& loop, Fd reader, int log_fd, std::size_t log_bytes_max)
      : loop_(loop), reader_(std::move(reader)), log_fd_(log_fd), log_bytes_left_(log_bytes_max) {}
  ~ServerOutput() { loop_.unwatch(reader_.get()); }
  ServerOutput(const ServerOutput&) = delete;
  ServerOutput& operator=(const ServerOutput&) = delete;

  Status start();
  // Who gets it from now on, in pieces of at most 64 KiB; null: the log.
  void lead_to(std::function<void(std::string_view)> taker) { taker_ = std::move(taker); }
  // Passes on what was printed so far.
  void drain();

 private:
  void log(std::string_view text);

  EventLoop& loop_;
  Fd reader_;
  int log_fd_;
  std::size_t log_bytes_left_;
  std::function<void(std::string_view)> taker_;
};

}  // namespace strata
