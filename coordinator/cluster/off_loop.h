// Work that takes long and belongs to the coordinator (walking a folder, the serial reference,
// writing a picture), on a thread of its own, so that the loop goes on answering signals.
#pragma once
#include <functional>
#include <thread>

#include "shared/base/result.h"
#include "shared/os/event_loop.h"
#include "shared/os/fd.h"

namespace strata {

class OffLoop {
 public:
  explicit OffLoop(EventLoop& loop) : loop_(loop) {}
  // Waits for the work that is under way; its `then` is not called.
  ~OffLoop();
  OffLoop(const OffLoop&) = delete;
  OffLoop& operator=(const OffLoop&) = delete;

  // Calls work() on a thread, then then() on the loop. One at a time.
  Status run(std::function<void()> work, std::function<void()> then);
  [[nodiscard]] bool busy() const { return thread_.joinable(); }

 private:
  EventLoop& loop_;
  Fd done_;  // eventfd
  std::thread thread_;
};

}  // namespace strata
