#include "worker/processors/poller.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <ctime>
#include <string>
#include <system_error>

#include "shared/base/check.h"

namespace strata {
namespace {

// Taken in one system call. It lies on a green thread's stack, of 16 KiB at least.
constexpr std::size_t kEvents = 128;

std::system_error failure(const std::string& what) {
  return {errno, std::generic_category(), what};
}

}  // namespace

void Poller::begin() {
  static std::atomic<std::uint64_t> last_id{0};
  id_ = last_id.fetch_add(1, std::memory_order_relaxed) + 1;  // Relaxed: it only has to differ.
  if (!epoll_) {
    const std::string advice =
        "no descriptor is left to wait with; raise the limit of open files (ulimit -n): ";
    Fd epoll(epoll_create1(EPOLL_CLOEXEC));
    if (!epoll) {
      throw failure(advice + "epoll_create1");
    }
    Fd bell(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!bell) {
      throw failure(advice + "eventfd");
    }
    epoll_event rung{};
    rung.events = EPOLLIN;
    rung.data.ptr = nullptr;
    if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, bell.get(), &rung) != 0) {
      throw failure("epoll_ctl");
    }
    epoll_ = std::move(epoll);
    bell_ = std::move(bell);
  }
}

void Poller::watch(Watched& watched, std::vector<Waiter*>& woken) {
  // Acq_rel: pairs with itself. One who finds it watched may wait before the call below: the
  // descriptor's present state is an event as well.
  if (watched.watched_by.load(std::memory_order_acquire) == id_ ||
      watched.watched_by.exchange(id_, std::memory_order_acq_rel) == id_) {
    return;
  }
  epoll_event all{};
  all.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  all.data.ptr = &watched;
  const int fd = watched.fd();
  // There already: from the trial before.
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &all) == 0 ||
      (errno == EEXIST && epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &all) == 0)) {
    return;
  }
  const int error = errno;
  watched.watched_by.store(0, std::memory_order_release);
  watched.happened(true, true, false, woken);  // Others who wait already find out as we do.
  throw std::system_error(error, std::generic_category(),
                          error == EPERM
                              ? "only sockets and pipes can be waited for, not files; use "
                                "unit.blocking() for those: epoll_ctl"
                          : error == ENOSPC ? "raise fs.epoll.max_user_watches (sysctl): epoll_ctl"
                                            : "waiting for a descriptor: epoll_ctl");
}

Poller::Taken Poller::take(std::uint64_t limit_ns, bool listens, std::vector<Waiter*>& woken) {
  std::array<epoll_event, kEvents> events;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  int count = -1;
  if (limit_ns != 0 && limit_ns != UINT64_MAX && precise_.load(std::memory_order_relaxed)) {
    constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
    const timespec limit{.tv_sec = static_cast<std::time_t>(limit_ns / kNsPerSecond),
                         .tv_nsec = static_cast<long>(limit_ns % kNsPerSecond)};
    count = static_cast<int>(
        syscall(SYS_epoll_pwait2, epoll_.get(), events.data(), kEvents, &limit, nullptr, 0));
    if (count < 0 && errno == ENOSYS) {  // Before Linux 5.11
      precise_.store(false, std::memory_order_relaxed);
      return {};  // As if interrupted by a signal: the caller comes again.
    }
  } else {
    constexpr std::uint64_t kNsPerMs = 1'000'000;
    const int limit_ms = limit_ns == UINT64_MAX
                             ? -1
                             : static_cast<int>(std::min<std::uint64_t>(
                                   INT_MAX, limit_ns / kNsPerMs + (limit_ns % kNsPerMs != 0)));
    count = epoll_wait(epoll_.get(), events.data(), kEvents, limit_ms);
  }
  STRATA_CHECK(count >= 0 || errno == EINTR, "epoll_wait", errno);
  Taken taken;
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    auto* watched = static_cast<Watched*>(event.data.ptr);
    if (watched == nullptr) {
      if (listens) {
        eventfd_t rung = 0;
        eventfd_read(bell_.get(), &rung);
        taken.interrupted = true;
      }
      continue;
    }
    taken.any = true;
    const bool broken = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
    const bool hung_up = broken || (event.events & EPOLLRDHUP) != 0;
    watched->happened(hung_up || (event.events & EPOLLIN) != 0,
                      broken || (event.events & EPOLLOUT) != 0, hung_up, woken);
  }
  return taken;
}

void Poller::interrupt() { eventfd_write(bell_.get(), 1); }

}  // namespace strata
