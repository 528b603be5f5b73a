// One processor: the right of one unit to run now, and what is queued to use it.
//
// A processor is held by at most one OS thread, its holder, who alone calls what is marked so.
// Others may take work away (under `lock`), and ring `bell`.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

#include "shared/base/layout.h"
#include "shared/sync/event_count.h"
#include "shared/sync/owner_lock.h"
#include "shared/unit/waiter.h"
#include "worker/processors/fork_deque.h"
#include "worker/processors/run_queue.h"
#include "worker/processors/timer_heap.h"

namespace strata {

// Units that were handed out and have not begun: places [first, last) of something that the feed
// knows.
struct Batch {
  void* source = nullptr;
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  [[nodiscard]] bool empty() const { return first == last; }
};

struct alignas(128) Processor {
  Processor(std::uint32_t own_index, Wait policy) : index(own_index), bell(bell_word, policy) {
    random = own_index * 2654435769U + 1;
  }
  // Under the lock: whose turn it is; nothing if nobody is ready.
  Runnable take_next() {
    if (next) [[unlikely]] {
      if (in_row < kInRow || ready.empty()) {
        ++in_row;
        return std::exchange(next, Runnable{});
      }
      ready.push(std::exchange(next, Runnable{}));
    }
    in_row = 0;
    return ready.pop();
  }
  // True: so many have passed that it is time to look around.
  bool count_turn() {
    // Relaxed, and no read-modify-write: the holder alone writes.
    const std::uint64_t turn = turns.load(std::memory_order_relaxed) + 1;
    turns.store(turn, std::memory_order_relaxed);
    return turn >= look_at;
  }
  void look_after(std::uint32_t turns_from_now) {
    look_at = turns.load(std::memory_order_relaxed) + turns_from_now;
  }
  // `next` goes before the queue so often without a break: a pair that wakes each other must not
  // starve the rest, and 8 hand-overs of 50 ns are not felt.
  static constexpr std::uint32_t kInRow = 8;

  Processor(const Processor&) = delete;
  Processor& operator=(const Processor&) = delete;
  ~Processor() = default;

  const std::uint32_t index;
  int cpu = -1;  // Where its holder is pinned; -1: nowhere. Immutable during a trial.

  OwnerLock lock;
  RunQueue ready;            // GUARDED_BY(lock); its size is read by all
  Runnable next;             // GUARDED_BY(lock): woken last, runs first
  std::uint32_t in_row = 0;  // Holder's: how often `next` went before the queue, without a break.
  Batch fresh;               // GUARDED_BY(lock)
  ForkDeque forks;           // Parents whose children run.
  TimerHeap timers;
  ParkedList parked{this};  // Waits of units that were parked here.

  // Holder's.
  void* spare_cell = nullptr;  // For the feed: memory of the unit that ended last.
  std::uint64_t look_at = 1;   // The turn of the next look at clock and global queue
  std::uint32_t turns_of_look = 1;
  std::uint64_t looked_ns = 0;
  bool begin_fresh = false;  // Begin a unit before the ready ones go on.
  bool searching = false;    // Counted in Processors::searching_.
  std::uint32_t random;      // xorshift state, not 0
  Fiber* free_fibers = nullptr;
  std::uint32_t free_fiber_count = 0;
  std::chrono::nanoseconds
      patience{};              // How long it idles before it looks whether others are stuck
  bool late = false;           // That time has passed.
  TimerHeap::Due due;          // Kept for its memory.
  std::vector<Waiter*> woken;  // By events, just now; kept for its memory.
  // Written by the holder, read by the one that looks for processors which do not come round.
  std::atomic<std::uint64_t> turns{0};
  std::vector<std::uint64_t> turns_seen;  // Holder's: of the others, when it last looked.

  // Who may hold it. kLent: its holder is in a region that may block; whoever brings this to kHeld
  // is the holder.
  enum State : std::uint32_t { kFree, kHeld, kLent };
  std::atomic<std::uint32_t> state{kFree};
  std::atomic<bool> taker_comes{false};  // A spare thread was told to take it and has not tried.

  // Where its holder waits when there is nothing to do.
  std::atomic<std::uint32_t> bell_word{0};
  EventCount bell;
  bool idle = false;  // GUARDED_BY(Processors::idle_mutex_)
};

}  // namespace strata
