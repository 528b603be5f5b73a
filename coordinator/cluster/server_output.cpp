#include "coordinator/cluster/server_output.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "shared/os/terminal.h"

namespace strata {

Status ServerOutput::start() {
  // Of this end only: a worker that prints much is to wait, not to fail.
  if (fcntl(reader_.get(), F_SETFL, O_NONBLOCK) != 0) {
    return system_error(Exit::kMachine, "cannot read what workers print", errno);
  }
  return loop_.watch(reader_.get(), [this] { drain(); });
}

void ServerOutput::drain() {
  // A bound a call, so that workers who print without end do not keep the loop from all else.
  constexpr int kReadsMax = 16;
  std::array<char, 65'536> buffer{};
  for (int reads = 0; reads < kReadsMax; ++reads) {
    const ssize_t got = read(reader_.get(), buffer.data(), buffer.size());
    if (got <= 0) {
      return;
    }
    const std::string_view text(buffer.data(), static_cast<std::size_t>(got));
    if (taker_) {
      taker_(text);
    } else {
      log(text);
    }
  }
}

void ServerOutput::log(std::string_view text) {
  if (log_bytes_left_ == 0) {
    return;
  }
  // A log that cannot be written has nobody left to tell.
  static_cast<void>(write_whole(log_fd_, text.substr(0, log_bytes_left_)));
  if (text.size() < log_bytes_left_) {
    log_bytes_left_ -= text.size();
  } else {
    log_bytes_left_ = 0;
    static_cast<void>(write_whole(log_fd_, "\nstrata: the log is full; the rest is dropped\n"));
  }
}

}  // namespace strata
