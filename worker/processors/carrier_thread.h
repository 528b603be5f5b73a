// An OS thread that carries: it holds a processor, or is inside a region that may block, or is
// spare. What belongs to the thread and not to its processor is here.
#pragma once
#include <atomic>
#include <cstdint>
#include <optional>

#include "shared/os/pinned_thread.h"
#include "shared/sync/event_count.h"
#include "shared/sync/owner_lock.h"
#include "worker/fiber/fiber.h"
#include "worker/processors/overflow.h"
#include "worker/processors/runnable.h"

namespace strata {

class Processors;
struct Processor;

// What has to be done about whoever was left, once his stack is no longer in use.
struct Afterwards {
  void (*call)(void* argument) = nullptr;
  void* argument = nullptr;
};

struct CarrierThread {
  explicit CarrierThread(Processors& of) : owner(of), bell(bell_word, Wait::kPark) {}
  CarrierThread(const CarrierThread&) = delete;
  CarrierThread& operator=(const CarrierThread&) = delete;
  ~CarrierThread() = default;

  Processors& owner;
  Processor* processor = nullptr;  // What it holds; null inside a blocking region and when spare.
  Processor* lent = nullptr;       // What it held when it entered a blocking region.
  Fiber* running = nullptr;        // Null: its own stack runs.
  Runnable handed;                 // What a fiber left for the thread's own stack to run.
  void* beginning = nullptr;       // For the feed: the unit that is begun on this stack.
  Afterwards afterwards;
  OwnerLock* held = nullptr;  // A lock that whoever goes on next lets go, before `afterwards`.
  Context own;                // Its own stack, while a fiber runs.
  SanitizedStack sanitized;
  OverflowWatch overflow;
  std::optional<PinnedThread> pin;
  int cpu = -1;  // Where it is pinned.

  // As a spare.
  std::atomic<std::uint32_t> bell_word{0};
  EventCount bell;
  Processor* assigned = nullptr;  // GUARDED_BY(Processors::spares_mutex_)
  bool listed = false;            // GUARDED_BY(Processors::spares_mutex_)
};

// The calling thread's, or null on a thread that carries nothing. Never inlined: code that runs on
// a fiber may be on another thread after a switch, and must not remember where a thread-local was.
CarrierThread* this_carrier_thread();
namespace detail {
extern constinit thread_local CarrierThread* carrier_thread;
}  // namespace detail
// The same, inlined: for code that runs on the thread's own stack and not on a fiber.
inline CarrierThread& thread_of_this_stack() { return *detail::carrier_thread; }
// The same for a function that is not inlined itself, and asks before its only switch.
inline CarrierThread& thread_before_switch() { return *detail::carrier_thread; }
// Makes it the calling thread's; null at its end. Gives the one before.
CarrierThread* set_carrier_thread(CarrierThread* thread);

}  // namespace strata
