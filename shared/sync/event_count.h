// Waiting for a condition that others make true, without a lock: take a ticket, check the
// condition, wait for the ticket to be outdated.
//
//     for (;;) {
//       const std::uint32_t ticket = bell.ticket();
//       if (condition()) break;
//       bell.wait(ticket);
//     }
//
// The word may lie in memory shared between processes: agents ring it from outside. Any number of
// waiters and ringers. Ringing changes one word and never blocks, so a killed ringer harms nobody.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>

#include "shared/base/layout.h"

namespace strata {

// Adds one to the word and wakes every thread, of any process, that waits on it.
void ring(std::atomic<std::uint32_t>& word);

class EventCount {
 public:
  // `word` outlives the EventCount; `policy` says how wait() waits.
  EventCount(std::atomic<std::uint32_t>& word, Wait policy) : word_(word), policy_(policy) {}
  EventCount(const EventCount&) = delete;
  EventCount& operator=(const EventCount&) = delete;
  ~EventCount() = default;

  // Before checking the condition.
  [[nodiscard]] std::uint32_t ticket() const {
    // Acquire: what the ringer wrote before ring() is seen by the check that follows.
    return word_.load(std::memory_order_acquire);
  }
  // Returns once the word differs from `ticket`, at once if it does already. What the ringer wrote
  // before is seen afterwards (acquire, as in ticket()).
  void wait(std::uint32_t ticket);
  // The same, for at most `limit`; false when that time ran out.
  bool wait_for(std::uint32_t ticket, std::chrono::nanoseconds limit);
  // As wait(), but parks at once whatever the policy says.
  void park(std::uint32_t ticket);
  // Adds one to the word and wakes the waiters that use this object. Those are counted, so that
  // nobody parked costs no system call; waiters of other processes, or of another EventCount on the
  // same word, need ring().
  void notify_all();

 private:
  bool wait_until(std::uint32_t ticket, std::uint64_t deadline_ns);
  bool park_until(std::uint32_t ticket, std::uint64_t deadline_ns);
  [[nodiscard]] bool outdated(std::uint32_t ticket) const { return this->ticket() != ticket; }

  std::atomic<std::uint32_t>& word_;
  std::atomic<std::uint32_t> parked_{0};  // Threads between "I will park" and "I am awake".
  const Wait policy_;
};

}  // namespace strata
