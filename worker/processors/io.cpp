// Waiting for sockets and pipes: processors and the poller.
//
// From the first descriptor that a trial waits for, `polling_` says that the listener waits in the
// poller's epoll instead of on the feed's bell. That bell is a futex, maybe rung by another
// process, and the kernel waits for a futex or an epoll, not for both: so a thread (the relay)
// waits for the bell and interrupts the poller. It sleeps unless the bell rings, which is seldom.
// Rejected: an eventfd for a bell, since every worker would need one of its agent's and a ring
// would cost a system call even where nobody waits.
//
// Who finds events makes their units ready here, and wakes another processor only if there are
// several: to wake a core for one request costs more than to serve it. So it can be that nobody
// listens while others idle; these wait for a limited time, and see then that the listener is
// missing. A processor that is busy looks at the epoll in look_around().
#include <sched.h>

#include <algorithm>

#include "shared/os/clock.h"
#include "shared/sync/pause.h"
#include "worker/processors/processors.h"

namespace strata {
namespace {

// How long a listener yields its core before it parks in the epoll, as EventCount does.
constexpr std::uint64_t kYieldNs = 20'000;

}  // namespace

void Processors::watch(Watched& watched) {
  // Acquire: pairs with begin_polling().
  if (!polling_.load(std::memory_order_acquire)) [[unlikely]] {
    begin_polling();
  }
  std::vector<Waiter*> woken;
  try {
    poller_.watch(watched, woken);
  } catch (...) {
    for (Waiter* waiter : woken) {
      unpark(*waiter);
    }
    throw;
  }
}

void Processors::begin_polling() {
  const std::lock_guard lock(relay_mutex_);
  if (polling_.load(std::memory_order_relaxed)) {
    return;
  }
  poller_.begin();
  // Before polling_: no ring is missed by both the relay and a listener, who looks at the bell
  // once more before it waits in the epoll.
  const std::uint32_t ticket = feed_->bell().ticket();
  relay_ = std::thread([this, ticket] { relay(ticket); });
  polling_.store(true, std::memory_order_seq_cst);  // Pairs with wait_idle().
  feed_->bell().notify_all();                       // A listener that waits there has to come over.
}

void Processors::relay(std::uint32_t ticket) {
  EventCount& bell = feed_->bell();
  // Acquire: pairs with finish(), which rings afterwards.
  while (!over_.load(std::memory_order_acquire)) {
    bell.park(ticket);
    ticket = bell.ticket();
    poller_.interrupt();
  }
}

void Processors::end_polling() {
  if (polling_.load(std::memory_order_relaxed)) {  // Relaxed: every processor is given back.
    relay_.join();
    polling_.store(false, std::memory_order_relaxed);
  }
}

bool Processors::take_events(Processor& processor) {
  // Acquire: pairs with begin_polling().
  if (!polling_.load(std::memory_order_acquire)) {
    return false;
  }
  poller_.take(0, false, processor.woken);
  return ready_woken(processor);
}

bool Processors::ready_woken(Processor& processor) {
  if (processor.woken.empty()) {
    return false;
  }
  std::vector<Runnable>& runnables = processor.due.sleepers;  // Empty, and kept for its memory.
  for (Waiter* waiter : processor.woken) {
    if (const Runnable runnable = unparked(*waiter)) {
      runnables.push_back(runnable);
    }
  }
  processor.woken.clear();
  const bool any = !runnables.empty();
  if (config_.always_migrate) {
    for (const Runnable runnable : runnables) {
      push_global(runnable);
    }
  } else if (any) {
    processor.lock.lock();
    for (const Runnable runnable : runnables) {
      processor.ready.push(runnable);
    }
    const bool tell = processor.ready.size() > 1 &&
                      idle_count_.load(std::memory_order_relaxed) != 0;  // Ordered by the lock.
    processor.lock.unlock();
    tell_idle(tell);
  }
  runnables.clear();
  return any;
}

bool Processors::listen(Processor& processor, std::uint32_t ticket, std::uint64_t until_ns) {
  const EventCount& bell = feed_->bell();
  std::uint64_t park_at_ns = config_.wait == Wait::kPark ? 0 : UINT64_MAX;
  for (bool first = true;; first = false) {
    const std::uint64_t now = now_ns();
    if (bell.ticket() != ticket) {
      return true;
    }
    if (first && config_.wait == Wait::kAuto) {
      park_at_ns = now + kYieldNs;
    }
    std::uint64_t limit_ns = 0;
    if (now >= park_at_ns) {
      limit_ns = until_ns == UINT64_MAX ? UINT64_MAX : until_ns - std::min(now, until_ns);
    }
    const Poller::Taken taken = poller_.take(limit_ns, true, processor.woken);
    if (taken.interrupted || !processor.woken.empty()) {
      return true;
    }
    if (now >= until_ns) {
      return false;
    }
    if (now < park_at_ns) {
      if (config_.wait == Wait::kSpin) {
        cpu_pause();
      } else {
        sched_yield();
      }
    }
  }
}

}  // namespace strata
