#include "shared/os/event_loop.h"

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "shared/os/clock.h"
#include "shared/os/interruption.h"

namespace strata {

Result<std::unique_ptr<EventLoop>> EventLoop::make() {
  Fd epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) {
    return system_error(Exit::kMachine, "epoll_create1", errno);
  }
  return std::unique_ptr<EventLoop>(new EventLoop(std::move(epoll)));
}

Status EventLoop::watch(int fd, std::function<void()> readable) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    return system_error(Exit::kMachine, "epoll_ctl", errno);
  }
  watched_[fd] = std::make_shared<std::function<void()>>(std::move(readable));
  return Ok{};
}

void EventLoop::unwatch(int fd) {
  if (watched_.erase(fd) > 0) {
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  }
}

EventLoop::TimerId EventLoop::at(std::uint64_t when_ns, std::function<void()> fn) {
  const TimerId id = next_timer_++;
  timers_.emplace(std::pair{when_ns, id}, std::move(fn));
  timer_times_.emplace(id, when_ns);
  return id;
}

void EventLoop::cancel(TimerId id) {
  if (const auto found = timer_times_.find(id); found != timer_times_.end()) {
    timers_.erase({found->second, id});
    timer_times_.erase(found);
  }
}

Status EventLoop::on_interruption(std::function<void()> fn) {
  hold_interruptions();
  const sigset_t signals = interruptions();
  signal_fd_ = Fd(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signal_fd_) {
    return system_error(Exit::kMachine, "signalfd", errno);
  }
  return watch(signal_fd_.get(), [this, fn = std::move(fn)] {
    signalfd_siginfo info{};
    while (::read(signal_fd_.get(), &info, sizeof info) == sizeof info) {
      fn();
    }
  });
}

void EventLoop::run_due_timers() {
  while (!timers_.empty() && timers_.begin()->first.first <= now_ns()) {
    auto node = timers_.extract(timers_.begin());
    timer_times_.erase(node.key().second);
    node.mapped()();
  }
}

void EventLoop::run() {
  stopped_ = false;
  std::array<epoll_event, 64> events{};
  while (!stopped_) {
    int timeout_ms = -1;
    if (!timers_.empty()) {
      const std::uint64_t due = timers_.begin()->first.first;
      const std::uint64_t now = now_ns();
      // Rounded up, so that the loop does not spin through the last fraction of a millisecond.
      timeout_ms = due <= now ? 0 : static_cast<int>((due - now + 999'999) / 1'000'000);
    }
    const int count =
        epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout_ms);
    for (int i = 0; i < count && !stopped_; ++i) {
      // A callback may unwatch any descriptor, also one that is later in this batch.
      const auto found = watched_.find(events[static_cast<std::size_t>(i)].data.fd);
      if (found != watched_.end()) {
        const auto callback = found->second;
        (*callback)();
      }
    }
    if (!stopped_) {
      run_due_timers();
    }
  }
}

}  // namespace strata
