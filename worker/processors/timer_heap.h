// What has to run at a certain time: units that sleep, and waits with a deadline.
//
// Each processor has one, so that a million sleepers do not meet at one lock; it is locked all the
// same, since idle processors take what is due from busy ones, and a wait that ended early takes
// out its deadline. A binary heap of (time, who): four children a node won nothing at 1e5 entries.
#pragma once
#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "shared/unit/waiter.h"
#include "worker/processors/runnable.h"

namespace strata {

class TimerHeap {
 public:
  // Makes `sleeper` due at `at_ns` (on the clock of now_ns()).
  void add(std::uint64_t at_ns, Runnable sleeper);
  // Makes the waiter due at its deadline. It stays until it is due or remove() was called.
  void add(Waiter& waiter);
  // Afterwards this heap does not touch the waiter any more. It may have been due before.
  void remove(Waiter& waiter);

  struct Due {
    std::vector<Runnable> sleepers;
    std::vector<Waiter*> waiters;  // Settled here with kTimedOut: unpark() each.
  };
  // Moves what is due at `now_ns` to `due`, but at most `most` entries; true if there is more.
  bool take_due(std::uint64_t now_ns, std::size_t most, Due& due);

  // When the first entry is due; UINT64_MAX: there is none. From any thread, a moment ago.
  [[nodiscard]] std::uint64_t earliest_ns() const {
    // Relaxed: a hint, what is due is looked up under the lock.
    return earliest_ns_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::size_t size() const;

 private:
  struct Entry {
    std::uint64_t at_ns;
    std::uint64_t word;  // A Runnable's, or a Waiter with kWaiter.
  };
  static constexpr std::uint64_t kWaiter = 2;  // Runnables leave this bit free.

  void put(std::size_t at, const Entry& entry);
  void insert(const Entry& entry);
  void take_out(std::size_t at);
  void sift_up(std::size_t at, const Entry& entry);
  void sift_down(std::size_t at, const Entry& entry);
  void tell_earliest();

  mutable std::mutex mutex_;
  std::vector<Entry> heap_;  // GUARDED_BY(mutex_)
  std::atomic<std::uint64_t> earliest_ns_{UINT64_MAX};
};

}  // namespace strata
