// Finding work, and waiting for it where there is none.
#include <algorithm>
#include <array>
#include <utility>

#include "shared/os/clock.h"
#include "shared/sync/asymmetric_fence.h"
#include "shared/sync/pause.h"
#include "worker/processors/processors.h"

namespace strata {
namespace {

constexpr std::size_t kDueAtOnce = 256;  // Timers that a processor takes before others may.
constexpr std::uint32_t kLoot = 64;      // Runnables taken from another processor at once, at most.
constexpr std::chrono::nanoseconds kFirstPatience{1'000'000};
constexpr std::chrono::nanoseconds kLastPatience{16'000'000};
// How long nothing happens before the listener asks itself whether anything can.
constexpr std::chrono::nanoseconds kLookForDeadlock{100'000'000};

// Whether there is a parent to be stolen that has been there for a moment. One that its child will
// come back to within a microsecond is not worth the fence, and less so to its processor.
bool lies_there(const ForkDeque& forks) {
  if (forks.seems_empty()) {
    return false;
  }
  const std::int64_t stolen = forks.stolen();
  for (int i = 0; i < 32; ++i) {
    cpu_pause();
    if (forks.seems_empty() || forks.stolen() != stolen) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool Processors::find_more(Processor& processor) {
  for (;;) {
    // Before anything is looked at: what is told by the bell afterwards is not slept through.
    const std::uint32_t ticket = feed_->bell().ticket();
    bool ended = over_.load(std::memory_order_acquire);
    if (!ended && look_everywhere(processor, ended)) {
      stop_searching(processor);
      processor.patience = kFirstPatience;
      return true;
    }
    if (ended) {
      stop_searching(processor);
      return false;
    }
    if (wait_idle(processor, ticket)) {
      stop_searching(processor);  // Where somebody has woken it meanwhile.
      processor.patience = kFirstPatience;
      return true;
    }
  }
}

bool Processors::look_everywhere(Processor& processor, bool& ended) {
  if (take_due(processor, processor) || take_events(processor) || take_global(processor)) {
    return true;
  }
  Batch batch;
  switch (feed_->take(processor, batch)) {
    case Feed::Answer::kBatch: {
      processor.lock.lock();
      processor.fresh = batch;
      const bool tell = idle_count_.load(std::memory_order_relaxed) != 0;  // Ordered by the lock.
      processor.lock.unlock();
      tell_idle(tell);
      return true;
    }
    case Feed::Answer::kEnd:
      finish();
      ended = true;
      return false;
    case Feed::Answer::kNothingNow:
      break;
  }
  return steal(processor);
}

bool Processors::take_due(Processor& from, Processor& to) {
  const std::uint64_t earliest = from.timers.earliest_ns();
  if (earliest == UINT64_MAX) {
    return false;
  }
  if (const std::uint64_t now = now_ns(); earliest <= now) {
    const bool more = from.timers.take_due(now, kDueAtOnce, to.due);
    const bool any = !to.due.sleepers.empty() || !to.due.waiters.empty();
    to.lock.lock();
    for (const Runnable sleeper : to.due.sleepers) {
      to.ready.push(sleeper);
    }
    const bool tell = (more || to.due.sleepers.size() > 1) &&
                      idle_count_.load(std::memory_order_relaxed) != 0;  // Ordered by the lock.
    to.lock.unlock();
    to.due.sleepers.clear();
    tell_idle(tell);
    for (Waiter* waiter : to.due.waiters) {
      unpark(*waiter);
    }
    to.due.waiters.clear();
    return any;
  }
  return false;
}

void Processors::push_global(Runnable runnable) {
  bool tell = false;
  {
    const std::lock_guard lock(global_mutex_);
    global_.push(runnable);
    tell = idle_count_.load(std::memory_order_relaxed) != 0;  // Ordered by the lock.
  }
  tell_idle(tell);
}

bool Processors::take_global(Processor& processor) {
  if (global_.empty()) {
    return false;
  }
  const std::lock_guard lock(global_mutex_);
  // A fair share, so that one processor does not carry off what several wait for.
  const std::uint32_t share =
      std::min(global_.size(), std::min(kLoot, global_.size() / count() + 1));
  processor.lock.lock();
  for (std::uint32_t i = 0; i < share; ++i) {
    processor.ready.push(global_.pop());
  }
  processor.lock.unlock();
  return share != 0;
}

bool Processors::steal(Processor& processor) {
  const std::uint32_t others = count();
  if (others == 1) {
    return false;
  }
  if (!processor.searching) {
    // Half of the processors at most: more would find each other at the same queues.
    if (2 * searching_.load(std::memory_order_seq_cst) >= std::max(2U, others)) {
      return false;  // The look before sleeping is not left out.
    }
    processor.searching = true;
    searching_.fetch_add(1, std::memory_order_seq_cst);
  }
  processor.random ^= processor.random << 13;
  processor.random ^= processor.random >> 17;
  processor.random ^= processor.random << 5;
  const bool late = std::exchange(processor.late, false);
  processor.turns_seen.resize(others);
  for (std::uint32_t i = 0; i < others; ++i) {
    const std::uint32_t at = (processor.random + i) % others;
    Processor& victim = *processors_[at];
    if (&victim == &processor) {
      continue;
    }
    bool stuck = false;
    if (late) {
      const std::uint64_t turns = victim.turns.load(std::memory_order_relaxed);
      stuck = std::exchange(processor.turns_seen[at], turns) == turns;
    }
    if (steal_from(victim, processor, stuck)) {
      return true;
    }
  }
  return false;
}

bool Processors::steal_from(Processor& victim, Processor& processor, bool also_next) {
  std::array<Runnable, kLoot> loot;
  std::uint32_t count = 0;
  if (!victim.ready.empty() || also_next) {
    victim.lock.lock();
    const std::uint32_t half = std::min(kLoot, (victim.ready.size() + 1) / 2);
    for (; count < half; ++count) {
      loot[count] = victim.ready.pop();
    }
    if (count == 0 && also_next && victim.next) {
      loot[count++] = std::exchange(victim.next, Runnable{});
    }
    victim.lock.unlock();
  }
  if (count == 0 && lies_there(victim.forks)) {
    if (const Runnable parent = victim.forks.steal()) {
      loot[count++] = parent;
    }
  }
  Batch batch;
  if (count == 0) {
    victim.lock.lock();
    const std::uint32_t half = (victim.fresh.last - victim.fresh.first + 1) / 2;
    batch = {victim.fresh.source, victim.fresh.last - half, victim.fresh.last};
    victim.fresh.last -= half;
    victim.lock.unlock();
  }
  if (count == 0 && batch.empty()) {
    return take_due(victim, processor);
  }
  processor.lock.lock();
  for (std::uint32_t i = 0; i < count; ++i) {
    processor.ready.push(loot[i]);
  }
  if (!batch.empty()) {
    processor.fresh = batch;
  }
  processor.lock.unlock();
  return true;
}

void Processors::stop_searching(Processor& processor) {
  if (!processor.searching) {
    return;
  }
  processor.searching = false;
  if (searching_.fetch_sub(1, std::memory_order_seq_cst) == 1) {
    wake_one();  // The last one found something: there may be more.
  }
}

[[gnu::noinline]] void Processors::wake_one() {
  // Seq_cst: pairs with wait_idle(), see "nobody sleeps beside work".
  if (idle_count_.load(std::memory_order_seq_cst) == 0 ||
      searching_.load(std::memory_order_seq_cst) != 0) {
    return;
  }
  const std::lock_guard lock(idle_mutex_);
  if (idle_.empty()) {
    return;
  }
  Processor& woken = *idle_.back();  // It has waited shortest, and may not have parked yet.
  idle_.pop_back();
  idle_count_.store(static_cast<std::uint32_t>(idle_.size()), std::memory_order_seq_cst);
  woken.idle = false;
  woken.searching = true;  // Its holder waits, and reads this after taking idle_mutex_.
  searching_.fetch_add(1, std::memory_order_seq_cst);
  // Under the lock: the trial, and its feed, cannot end before the woken one has had it.
  if (listener_ == &woken) {
    ring_listener();
  } else {
    woken.bell.notify_all();
  }
}

void Processors::ring_listener() {
  // Seq_cst: one that does not see polling_ yet waits on the bell, which begin_polling() rings.
  if (polling_.load(std::memory_order_seq_cst)) {
    poller_.interrupt();
  } else {
    feed_->bell().notify_all();
  }
}

// Waits until there may be something to do. True: `processor` has units to run.
bool Processors::wait_idle(Processor& processor, std::uint32_t ticket) {
  if (std::exchange(processor.searching, false)) {
    searching_.fetch_sub(1, std::memory_order_seq_cst);
  }
  bool listens = false;
  std::uint32_t own_ticket = 0;
  bool others_busy = false;
  bool own = false;
  {
    const std::lock_guard lock(idle_mutex_);
    listens = listener_ == nullptr;
    if (listens) {
      listener_ = &processor;
    }
    own_ticket = processor.bell.ticket();
    processor.idle = true;
    idle_.push_back(&processor);
    others_busy = idle_.size() < processors_.size();
    idle_count_.store(static_cast<std::uint32_t>(idle_.size()), std::memory_order_seq_cst);
  }
  if (!over_.load(std::memory_order_seq_cst) && !anything_to_do(processor)) {
    EventCount& bell = listens ? feed_->bell() : processor.bell;
    const std::uint32_t bell_ticket = listens ? ticket : own_ticket;
    // The listener sees to the timers of processors that are busy for long.
    const std::uint64_t due_ns = listens ? earliest_timer_ns() : processor.timers.earliest_ns();
    const bool polling = polling_.load(std::memory_order_seq_cst);
    // With sockets it may be that nobody listens: then the others look after a while (io.cpp).
    const bool watches = listens ? others_busy : polling;
    count_carrying(-1);
    if (listens && polling) {
      const bool asks = due_ns == UINT64_MAX && !watches && !config_.outside_wakers;
      const std::chrono::nanoseconds patience = asks ? kLookForDeadlock : processor.patience;
      const std::uint64_t patient_ns =
          watches || asks ? now_ns() + static_cast<std::uint64_t>(patience.count()) : UINT64_MAX;
      if (!listen(processor, ticket, std::min(due_ns, patient_ns)) && patient_ns < due_ns) {
        if (asks) {
          own = end_a_deadlock();
        } else {
          processor.late = true;
          processor.patience = std::min(processor.patience * 2, kLastPatience);
        }
      }
    } else if (due_ns == UINT64_MAX && !watches) {
      if (!listens || config_.outside_wakers) {
        bell.wait(bell_ticket);
      } else if (!bell.wait_for(bell_ticket, kLookForDeadlock)) {
        own = end_a_deadlock();
      }
    } else {
      const std::uint64_t now = now_ns();
      auto limit = std::chrono::nanoseconds(due_ns > now ? due_ns - now : 0);
      if (due_ns == UINT64_MAX || (watches && limit > processor.patience)) {
        limit = processor.patience;
      }
      if (!bell.wait_for(bell_ticket, limit) && watches && limit == processor.patience) {
        processor.late = true;
        processor.patience = std::min(processor.patience * 2, kLastPatience);
      }
    }
    count_carrying(1);
  }
  {
    const std::lock_guard lock(idle_mutex_);
    if (std::exchange(processor.idle, false)) {
      idle_.erase(std::find(idle_.begin(), idle_.end(), &processor));
      idle_count_.store(static_cast<std::uint32_t>(idle_.size()), std::memory_order_seq_cst);
    }
    if (listens) {
      listener_ = nullptr;
    }
    if (processor.woken.empty() && !std::exchange(processor.searching, true)) {
      searching_.fetch_add(1, std::memory_order_seq_cst);
    }
  }
  return ready_woken(processor) || own;
}

// By the listener, which does not count as carrying.
bool Processors::end_a_deadlock() {
  if (!nothing_to_come()) {
    return false;
  }
  WaitReport report;
  bool outside = false;
  for (const auto& processor : processors_) {
    processor->parked.for_each_waiting([&](const Waiter& waiter) {
      outside |= waiter.from_outside();
      report.add(waiter);
    });
  }
  const bool deadlock = !outside && !report.empty();
  if (deadlock) {
    feed_->end_deadlock(report);
  }
  return deadlock;
}

bool Processors::nothing_to_come() {
  // Whoever makes work visible takes a processor out of idle_, and whoever goes on by himself is
  // carrying: so what is read here under the lock stays as it is.
  const std::lock_guard lock(idle_mutex_);
  return idle_.size() == processors_.size() && carrying_.load(std::memory_order_seq_cst) == 0 &&
         visitors_.load(std::memory_order_seq_cst) == 0 && global_.empty() &&
         earliest_timer_ns() == UINT64_MAX;
}

void Processors::cancel_parked() {
  for (const auto& processor : processors_) {
    processor->parked.cancel_all();
  }
}

bool Processors::anything_to_do(Processor& processor) {
  if (processors_.size() > 1) {
    heavy_fence();  // Between idle_count_ and the forks: pairs with push_fork().
  }
  {
    const std::lock_guard lock(global_mutex_);
    if (!global_.empty()) {
      return true;
    }
  }
  for (const auto& other : processors_) {
    if (other.get() == &processor) {
      continue;
    }
    other->lock.lock();
    const bool any = !other->ready.empty() || !other->fresh.empty();
    other->lock.unlock();
    if (any || !other->forks.seems_empty()) {
      return true;
    }
  }
  return feed_->may_take();
}

std::uint64_t Processors::earliest_timer_ns() const {
  std::uint64_t earliest = UINT64_MAX;
  for (const auto& processor : processors_) {
    earliest = std::min(earliest, processor->timers.earliest_ns());
  }
  return earliest;
}

void Processors::finish() {
  const std::lock_guard lock(idle_mutex_);
  over_.store(true, std::memory_order_seq_cst);  // Pairs with wait_idle().
  for (Processor* processor : idle_) {
    processor->bell.notify_all();
  }
  feed_->bell().notify_all();
  ring_listener();
}

}  // namespace strata
