// One epoll loop: file descriptors, timers and signals call back on the thread that runs it.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>

#include "shared/base/result.h"
#include "shared/os/fd.h"

namespace strata {

class EventLoop {
 public:
  static Result<std::unique_ptr<EventLoop>> make();

  // Calls `readable` whenever fd can be read, until unwatch(fd). Level-triggered. The fd stays the
  // caller's. May be called from callbacks.
  Status watch(int fd, std::function<void()> readable);
  void unwatch(int fd);

  using TimerId = std::uint64_t;
  // Calls `fn` once at `when_ns` (now_ns clock).
  TimerId at(std::uint64_t when_ns, std::function<void()> fn);
  void cancel(TimerId id);

  // Holds the signals that ask for an end (interruption.h) back in this thread and those that it
  // makes, and calls `fn` for each. Call before any thread, once.
  Status on_interruption(std::function<void()> fn);

  // Runs until stop(). May be called again.
  void run();
  void stop() { stopped_ = true; }

 private:
  explicit EventLoop(Fd epoll) : epoll_(std::move(epoll)) {}
  void run_due_timers();

  Fd epoll_;
  Fd signal_fd_;
  bool stopped_ = false;
  TimerId next_timer_ = 1;
  std::unordered_map<int, std::shared_ptr<std::function<void()>>> watched_;
  std::map<std::pair<std::uint64_t, TimerId>, std::function<void()>> timers_;  // By time
  std::unordered_map<TimerId, std::uint64_t> timer_times_;
};

}  // namespace strata
