#include "shared/sync/event_count.h"

#include <sched.h>

#include <limits>

#include "shared/os/clock.h"
#include "shared/sync/futex.h"
#include "shared/sync/pause.h"

namespace strata {
namespace {

constexpr std::uint64_t kForever = std::numeric_limits<std::uint64_t>::max();

// Measured with 1 to 16 pairs on 2 cores: 64 pauses, then sched_yield up to 20 us, then park lost
// in no setting to another policy by more than it won elsewhere. Pure spinning collapses when cores
// are shared (0.13 thousand round trips a second against 215); parking at once costs 35 us a wake.
constexpr int kPauses = 64;
constexpr std::uint64_t kYieldNs = 20'000;

}  // namespace

void ring(std::atomic<std::uint32_t>& word) {
  // Release: what was written before is seen by whoever sees the new word (ticket(), acquire).
  word.fetch_add(1, std::memory_order_release);
  futex_wake_all(word);
}

void EventCount::notify_all() {
  // Seq_cst on this pair and on the pair in park_until(): either the waiter sees the new word, or
  // we see it counted. It also releases what was written before, as ring() does.
  word_.fetch_add(1, std::memory_order_seq_cst);
  if (parked_.load(std::memory_order_seq_cst) != 0) {
    futex_wake_all(word_);
  }
}

void EventCount::wait(std::uint32_t ticket) { wait_until(ticket, kForever); }

void EventCount::park(std::uint32_t ticket) { park_until(ticket, kForever); }

bool EventCount::wait_for(std::uint32_t ticket, std::chrono::nanoseconds limit) {
  const std::uint64_t now = now_ns();
  const auto more =
      limit.count() <= 0 ? std::uint64_t{0} : static_cast<std::uint64_t>(limit.count());
  return wait_until(ticket, more > kForever - now ? kForever : now + more);
}

bool EventCount::wait_until(std::uint32_t ticket, std::uint64_t deadline_ns) {
  if (policy_ == Wait::kPark) {
    return park_until(ticket, deadline_ns);
  }
  // kAuto leaves this loop to park; kSpin and kYield stay in it.
  std::uint64_t park_at_ns = kForever;
  for (bool first = true;; first = false) {
    if (policy_ == Wait::kSpin || (policy_ == Wait::kAuto && first)) {
      for (int i = 0; i < kPauses; ++i) {
        if (outdated(ticket)) {
          return true;
        }
        cpu_pause();
      }
    } else {
      sched_yield();
    }
    if (outdated(ticket)) {
      return true;
    }
    if (policy_ != Wait::kAuto && deadline_ns == kForever) {
      continue;
    }
    const std::uint64_t now = now_ns();
    if (now >= deadline_ns) {
      return false;
    }
    if (policy_ == Wait::kAuto && first) {
      park_at_ns = now + kYieldNs;
    }
    if (now >= park_at_ns) {
      return park_until(ticket, deadline_ns);
    }
  }
}

bool EventCount::park_until(std::uint32_t ticket, std::uint64_t deadline_ns) {
  bool changed = true;
  parked_.fetch_add(1, std::memory_order_seq_cst);  // Pairs with notify_all().
  while (word_.load(std::memory_order_seq_cst) == ticket) {
    std::uint64_t limit_ns = kForever;
    if (deadline_ns != kForever) {
      const std::uint64_t now = now_ns();
      if (now >= deadline_ns) {
        changed = false;
        break;
      }
      limit_ns = deadline_ns - now;
    }
    futex_wait(word_, ticket, limit_ns);
  }
  // Relaxed: a notifier that still counts us makes one needless system call.
  parked_.fetch_sub(1, std::memory_order_relaxed);
  return changed;
}

}  // namespace strata
