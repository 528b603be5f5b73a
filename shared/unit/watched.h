// Watched: what is known about a descriptor that units wait for, and who waits.
//
// Where units do not block a thread, an epoll watches the descriptor from its first wait until it
// is closed, in edge-triggered mode: no system call a wait, one event for any number of bytes.
// Whoever takes the event calls happened(). Rejected: EPOLLONESHOT, which costs an epoll_ctl for
// each wait; level-triggered, where a busy processor would be told the same again and again.
//
// (1) An edge that finds a waiter wakes it; one that finds none is kept in `ready` for the next.
// (2) `ready` is taken back before a system call is tried, not after: what comes in between is then
//     either seen by the call or kept.
// (3) The memory of a Watched is never given back to the system, only used again. An event may have
//     been fetched when its descriptor is closed; it then tells the next user of the same Watched
//     something untrue, once. So nobody takes an edge for more than a hint to try.
#pragma once
#include <atomic>
#include <cstdint>
#include <vector>

#include "shared/sync/spin_lock.h"
#include "shared/unit/waiter_list.h"

namespace strata {

class Watched {
 public:
  enum Side : std::uint8_t { kReading, kWriting };

  // A fresh one. Any thread, as all that follows.
  static Watched& take(int fd);
  // The descriptor is about to be closed, and nobody waits.
  static void give_back(Watched& watched);

  Watched() = default;
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;
  ~Watched() = default;

  [[nodiscard]] int fd() const { return fd_; }

  // An event: waiters whose wait it ends are added to `woken`; the caller unparks each.
  void happened(bool readable, bool writable, bool hung_up, std::vector<Waiter*>& woken);
  // (1). True: there was an edge, no need to wait. Otherwise the waiter is listed.
  bool wait_or_take(Side side, Waiter& waiter);
  // Where several units wait on one side: whoever got something lets the next one try, since one
  // edge may have been about more than one thing.
  void pass_on(Side side);
  // A waiter whose wait has ended otherwise.
  void remove(Side side, Waiter& waiter);

  // (2). Before a system call is tried.
  void forget_edge(Side side) {
    // Relaxed: an edge that is not seen yet is about bytes which the call will see.
    if (sides_[side].ready.load(std::memory_order_relaxed)) {
      // Acq_rel, and no plain store: it must not come after the call, over a newer edge.
      sides_[side].ready.exchange(false, std::memory_order_acq_rel);
    }
  }
  // A read came back short: until there is an edge the next one would find nothing.
  void tell_drained() { drained_.store(true, std::memory_order_relaxed); }
  void tell_filled() { drained_.store(false, std::memory_order_relaxed); }
  [[nodiscard]] bool drained() const {
    // Relaxed: written by the one unit that reads. The end of a stream is no byte and makes no
    // second edge: once the other side has hung up, reading is always tried.
    return drained_.load(std::memory_order_relaxed) && !hung_up_.load(std::memory_order_relaxed) &&
           !sides_[kReading].ready.load(std::memory_order_relaxed);
  }

  // Which poller watches it, in which trial; 0: none. The poller's.
  std::atomic<std::uint64_t> watched_by{0};

 private:
  struct OneSide {
    std::atomic<bool> ready{false};  // Set under lock_.
    WaiterList<> waiters;            // GUARDED_BY(lock_)
  };
  static void wake(OneSide& side, std::vector<Waiter*>& woken);

  SpinLock lock_;
  OneSide sides_[2];  // NOLINT(modernize-avoid-c-arrays): by Side.
  std::atomic<bool> hung_up_{false};
  std::atomic<bool> drained_{false};
  int fd_ = -1;
};

}  // namespace strata
