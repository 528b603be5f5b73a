// T processors and the OS threads that hold them: runs coroutine frames and fibers, many on each.
//
// Where work lies, and in which order a processor looks:
//   its `next` (woken last; at most kInRow times without a turn of the queue)
//   its `ready` queue, first in, first out
//   its `forks`, parents whose child is suspended, last in, first out
//   its `fresh` units, which have not begun
//   its timers that are due; sockets and pipes; the global queue; the feed; then others: half of
//   their ready queue, their oldest fork, half of their fresh units, their timers that are due
// Every so many turns it looks at timers, sockets and the global queue first and begins a fresh
// unit, so that nobody starves behind units that never stop to yield.
//
// Nobody sleeps beside work. Whoever makes work visible looks at idle_count_ afterwards, and wakes
// one processor if there are idle ones and none is searching. Who goes idle first adds itself to
// idle_count_, and then looks through everything once more, taking every lock. Either the maker of
// work held that lock before, and the last look finds the work; or it took the lock afterwards, and
// so sees idle_count_. A searcher counts itself out before that last look, for the same reason; and
// if it finds something and was the last one, it wakes another: there may be more.
//
// Waking a parked thread costs 35 us on a virtual machine, hence: no wake for `next`, whose waker
// mostly waits soon after (a ping-pong between two units would otherwise wander between two cores).
// If it does not wait, the listener sees within milliseconds that this processor does not come
// round, and takes `next` too. The listener is the one idle processor that waits on the feed's
// bell, which is rung from outside, and for sockets and pipes (io.cpp); the others wait on their
// own.
//
// When all processors are idle, no thread is in a blocking region and no timer runs, nothing more
// can happen by itself. If units are parked then, they wait for each other: a deadlock, which the
// listener tells the feed.
//
// Blocking regions lend the processor to a spare thread at entry. If the region ends before that
// thread has woken, its unit takes the processor back and nothing was moved; otherwise the unit
// goes to the global queue and its thread becomes the spare.
//
// Rejected: a queue of one kind for all (a stack order starves whoever yields, a queue order makes
// fork-join need memory for the whole tree); stealing from processors in blocking regions only (a
// unit that computes for long would keep its queue).
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "shared/sync/asymmetric_fence.h"
#include "shared/unit/wait_report.h"
#include "worker/processors/carrier_thread.h"
#include "worker/processors/poller.h"
#include "worker/processors/processor.h"

namespace strata {

// Where a set of processors gets units from. take() and may_take() are called from any of them.
class Feed {
 public:
  enum class Answer : std::uint8_t { kBatch, kNothingNow, kEnd };
  Feed() = default;
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;
  virtual ~Feed() = default;

  // Units for this processor to begin. kNothingNow holds until bell() rings or may_take(). kEnd:
  // none is alive and there will be no more.
  virtual Answer take(Processor& processor, Batch& batch) = 0;
  [[nodiscard]] virtual bool may_take() = 0;
  // Begins that unit on the calling thread's processor; returns when it ended or was suspended.
  virtual void begin(void* source, std::uint32_t place) = 0;
  virtual EventCount& bell() = 0;
  // All that is left are units that wait for each other, so that nothing would ever happen again:
  // ends their waits. `report` says who they are.
  virtual void end_deadlock(const WaitReport& /*report*/) {}
  // The trial is over: what the processor keeps for this feed is let go.
  virtual void forget(Processor&) {}
};

struct ProcessorsConfig {
  std::uint32_t count = 1;  // T, 1..1024
  Wait wait = Wait::kAuto;
  std::vector<int> cpus{};  // Processor i is pinned to cpus[i mod size]; empty: not pinned.
  std::size_t stack_bytes = kUsualStack;
  // Threads that carry no unit wake units: a deadlock cannot be known.
  bool outside_wakers = false;
  // For tests: whoever yields or wakes goes to the global queue, and so mostly to another thread.
  bool always_migrate = false;
};

class Processors {
 public:
  // Throws std::system_error when this machine does not make that many threads.
  explicit Processors(const ProcessorsConfig& config);
  Processors(const Processors&) = delete;
  Processors& operator=(const Processors&) = delete;
  ~Processors();  // Waits for threads of others that are still inside unpark().

  // Runs what the feed gives until it says kEnd. The calling thread is the first carrier.
  void run(Feed& feed);
  [[nodiscard]] std::uint32_t count() const {
    return static_cast<std::uint32_t>(processors_.size());
  }
  // The most OS threads that held a processor with work or were in blocking regions at one time.
  [[nodiscard]] std::uint32_t peak_threads() const {
    return peak_carrying_.load(std::memory_order_relaxed);
  }

  // What units do; the calling thread holds a processor unless it says otherwise. ----------------

  // Lets it run; any thread. `yielded`: behind all that is ready.
  void make_ready(Runnable runnable);
  void make_ready_last(Runnable runnable);
  // A frame that was just suspended lets others run first; the caller goes on with what is given.
  [[nodiscard]] std::coroutine_handle<> yield_frame(std::coroutine_handle<> frame);
  // Lets it run at that time.
  void add_sleeper(std::uint64_t at_ns, Runnable sleeper);
  // On a fiber: lets others run first. True at once when there are none.
  void yield_fiber();
  // On a fiber: leaves it; `afterwards` is called once it can be resumed by anyone, and must see to
  // it that it is. Returns when it goes on.
  void suspend_fiber(Afterwards afterwards);
  // The fiber that runs, or null.
  static Fiber* running_fiber() { return this_carrier_thread()->running; }
  static Processor& here() { return *this_carrier_thread()->processor; }

  // A fiber that is ready to begin entry(fiber), or null when this machine gives no more memory.
  Fiber* new_fiber(void (*entry)(void*));
  // From the thread's own stack: runs the fiber until it is suspended or ends.
  void run_fiber(Fiber& fiber);
  // First thing in a fiber's entry.
  static void begin_fiber(Fiber& self);
  // On a fiber: goes on with `next` (which is a fiber), now; as suspend_fiber() for the rest.
  void switch_fiber(Fiber& next, Afterwards afterwards);
  // The fiber whose guard holds this address, or null. From a signal handler.
  [[nodiscard]] const Fiber* overflowed_fiber(const void* address) const {
    return fibers_.overflowed(address);
  }
  // Last thing in a fiber's entry: its stack is free. Goes on with `next`, or whatever there is.
  [[noreturn]] void end_fiber(Fiber& self, Runnable next = {});
  // Whose unit has just ended: the next one to begin, if nothing is ready before it. Inline, as the
  // next two: an empty unit takes 12 ns.
  [[gnu::always_inline]] bool take_fresh(CarrierThread& me, void*& source, std::uint32_t& place) {
    if (me.processor == nullptr || me.handed) [[unlikely]] {
      return false;  // The processor was lost in a blocking region; or a frame has yielded to
                     // another.
    }
    Processor& processor = *me.processor;
    if (processor.count_turn()) [[unlikely]] {
      look_around(processor);
      processor.begin_fresh = false;  // It begins one now, or has none.
    }
    if (!processor.forks.seems_empty()) [[unlikely]] {
      return false;
    }
    processor.lock.lock();
    const bool take = !processor.fresh.empty() && !processor.next && processor.ready.empty();
    if (take) {
      source = processor.fresh.source;
      place = processor.fresh.first++;
    }
    processor.lock.unlock();
    return take;
  }

  // Fork-join, see Carrier. On the processor that runs the parent, or the child.
  [[gnu::always_inline]] void push_fork(Processor& processor, Runnable parent) {
    processor.forks.push(parent);
    if (processor.lock.shared()) {
      light_fence();  // Between the push and the look: the heavy one is in anything_to_do().
      tell_idle(idle_count_.load(std::memory_order_relaxed) != 0);
    }
  }
  // False: it was taken; or what lies there is another tree's, since this child was suspended and
  // its parent went on long ago.
  [[gnu::always_inline]] static bool pop_fork(Processor& processor, Runnable parent) {
    return processor.forks.pop(parent);
  }

  // Ends the waits of all parked units: see Carrier::cancel_units().
  void cancel_parked();
  // Waiters: see Waiter. park() once the unit is suspended; it may be resumed before that returns.
  void park(Waiter& waiter, Runnable unit);
  void unpark(Waiter& waiter);
  // Its edges are taken by whoever looks: see Carrier. Throws std::system_error.
  void watch(Watched& watched);

  // Regions that may block the OS thread.
  void enter_blocking();
  // True: the unit has its processor. False: it holds none and must be suspended, then
  // make_ready().
  bool leave_blocking();

  // Wakes an idle processor, if there are any and none is searching. Any thread.
  void wake_one();

 private:
  // The life of an OS thread (threads.cpp).
  void live(Processor* first);
  void stop_threads();
  void serve(CarrierThread& me, bool main);
  Processor* wait_as_spare(CarrierThread& me, bool main);
  bool hand_on(Processor& processor);
  void pin(CarrierThread& me, const Processor& processor) const;
  void leave_trial(CarrierThread& me);
  void count_carrying(int change);

  // Turns (turns.cpp).
  void carry(CarrierThread& me);
  void resume(Runnable runnable);
  Runnable next_ready(Processor& processor);
  void look_around(Processor& processor);
  bool begin_one(Processor& processor);
  static bool take_fresh_of(Processor& processor, void*& source, std::uint32_t& place);
  static void leave_fiber(CarrierThread& me, Fiber& self, Runnable next, Afterwards afterwards);
  static void arrive();

  // Finding work, and waiting for it (search.cpp).
  bool find_more(Processor& processor);
  bool look_everywhere(Processor& processor, bool& ended);
  bool take_due(Processor& from, Processor& to);
  bool take_global(Processor& processor);
  bool steal(Processor& processor);
  bool steal_from(Processor& victim, Processor& processor, bool also_next);
  void stop_searching(Processor& processor);
  bool wait_idle(Processor& processor, std::uint32_t ticket);
  bool anything_to_do(Processor& processor);
  bool nothing_to_come();
  bool end_a_deadlock();
  void ring_listener();
  [[nodiscard]] std::uint64_t earliest_timer_ns() const;
  void push_global(Runnable runnable);
  void tell_idle(bool there_are) {
    if (there_are) [[unlikely]] {
      wake_one();
    }
  }
  void finish();
  Runnable unparked(Waiter& waiter);

  // Sockets and pipes (io.cpp).
  void begin_polling();
  void end_polling();
  void relay(std::uint32_t ticket);
  bool take_events(Processor& processor);
  bool ready_woken(Processor& processor);
  bool listen(Processor& processor, std::uint32_t ticket, std::uint64_t until_ns);

  const ProcessorsConfig config_;
  FiberPool fibers_;
  std::vector<std::unique_ptr<Processor>> processors_;
  Feed* feed_ = nullptr;  // The trial's; written before processors are handed out.

  std::mutex global_mutex_;
  RunQueue global_;  // GUARDED_BY(global_mutex_); its size is read by all

  alignas(64) std::atomic<std::uint32_t> idle_count_{0};  // Written under idle_mutex_.
  std::atomic<std::uint32_t> searching_{0};
  std::atomic<bool> over_{false};
  alignas(64) std::mutex idle_mutex_;
  std::vector<Processor*> idle_;   // GUARDED_BY(idle_mutex_): the last one idles shortest.
  Processor* listener_ = nullptr;  // GUARDED_BY(idle_mutex_)

  Poller poller_;
  std::atomic<bool> polling_{false};  // In this trial. Written under relay_mutex_.
  std::mutex relay_mutex_;
  std::thread relay_;  // GUARDED_BY(relay_mutex_) until the trial is over

  std::atomic<std::uint32_t> carrying_{0};
  std::atomic<std::uint32_t> peak_carrying_{0};

  std::atomic<std::uint32_t> visitors_{0};  // Threads of others that are inside unpark().

  std::mutex spares_mutex_;
  std::vector<CarrierThread*> spares_;  // GUARDED_BY(spares_mutex_)
  std::vector<std::thread> threads_;    // GUARDED_BY(spares_mutex_) until the destructor
  CarrierThread* main_ = nullptr;       // GUARDED_BY(spares_mutex_): run()'s caller
  std::uint32_t in_trial_ = 0;          // GUARDED_BY(spares_mutex_): processors not given back
  bool stop_ = false;                   // GUARDED_BY(spares_mutex_)
};

}  // namespace strata
