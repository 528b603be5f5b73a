// Descriptor: a socket or a pipe that units read, write and wait for.
//
//     Descriptor socket(std::move(*connected));
//     Transferred got = co_await read_some(unit, socket, buffer, within(5ms));
//
// The operations (descriptor_io.h) try the system call first and wait only when it would block.
// What a wait is, the executor decides: the carrying thread blocks in poll(2), or the unit is
// parked and an epoll tells when it can go on.
//
// One unit at a time reads a stream, and one writes it; any number may wait to accept. A Descriptor
// outlives every wait for it.
#pragma once
#include <cstdint>
#include <utility>

#include "shared/os/fd.h"
#include "shared/unit/wait_limit.h"
#include "shared/unit/watched.h"

namespace strata {

class Descriptor {
 public:
  Descriptor() = default;
  // Takes it over, and makes it non-blocking. It must be the only descriptor of its socket or pipe
  // end: a duplicate, in this process or in one that inherited it, would keep it in the epoll.
  explicit Descriptor(Fd fd);
  Descriptor(Descriptor&& other) noexcept
      : fd_(std::move(other.fd_)), watched_(std::exchange(other.watched_, nullptr)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      close();
      fd_ = std::move(other.fd_);
      watched_ = std::exchange(other.watched_, nullptr);
    }
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }

  [[nodiscard]] int fd() const { return fd_.get(); }
  explicit operator bool() const { return static_cast<bool>(fd_); }
  void close() {
    if (watched_ != nullptr) {
      fd_.reset();  // First: what is closed makes no more events.
      Watched::give_back(*std::exchange(watched_, nullptr));
    }
  }

  class [[nodiscard]] Wait : public ParkedWait<> {
   public:
    // `look`: asks the kernel first, as one must who has not just been told that it would block.
    Wait(Watched& watched, Watched::Side side, bool look, Unit& unit, const WaitLimit& limit);
    bool await_ready();
    WaitEnd await_resume();

   private:
    void edge_taken();

    Watched& watched_;
    const Watched::Side side_;
    const bool look_;
    bool listed_ = false;
    bool waited_ = false;
  };

  // co_await socket.readable(unit): kDone once reading would not block (there are bytes, a
  // connection to accept, the end, or an error), or kTimedOut or kCancelled. Seldom too early: try
  // the call, and wait again where it would block. Throws std::system_error for what cannot be
  // waited for (a regular file), or when the machine has no descriptor left to wait with.
  Wait readable(Unit& unit, const WaitLimit& limit = {}) {
    return {*watched_, Watched::kReading, true, unit, limit};
  }
  // The same for writing; a connection in the making becomes writable when it is made, or fails.
  Wait writable(Unit& unit, const WaitLimit& limit = {}) {
    return {*watched_, Watched::kWriting, true, unit, limit};
  }

  // For operations that try first.
  [[nodiscard]] Watched& watched() const { return *watched_; }

 private:
  Fd fd_;
  Watched* watched_ = nullptr;  // With fd_, and without it null.
};

}  // namespace strata
