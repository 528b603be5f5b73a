// What an executor lends a unit while the unit runs: the meaning of each operation that awaits.
//
// An operation comes in two halves. The first (sleep, yield, ...) may finish the operation by
// blocking the carrying thread or by switching a stack beneath the unit, and returns true. If it
// returns false, the second half (..._later) is called with the suspended frame and must arrange
// for it to be resumed. Executors whose units are OS threads or stacks only write the first half.
#pragma once
#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <mutex>
#include <string>

#include "shared/unit/waiter.h"

namespace strata {

class Join;
class FloatingPointModes;
class Watched;

// How a child of Join::fork() runs beside its parent.
enum class ForkWay : std::uint8_t {
  kInPlace,  // It does not: it is awaited. Nothing to be done by the carrier.
  kFrames,   // The child runs on; who has time takes the rest of the parent: push_fork, end_fork.
  kStacks    // On a stack of its own; again the parent can be taken: fork_stack, wait_stack.
};

// Thrown in a unit that waits, sleeps or yields when its trial has failed: nobody would ever end
// its wait. Bodies let it pass.
class UnitCancelled : public std::exception {
 public:
  explicit UnitCancelled(std::string why) : why_(std::move(why)) {}
  [[nodiscard]] const char* what() const noexcept override { return why_.c_str(); }

 private:
  std::string why_;
};

class Carrier {
 public:
  explicit Carrier(ForkWay fork_way = ForkWay::kInPlace) : fork_way_(fork_way) {}
  Carrier(const Carrier&) = delete;
  Carrier& operator=(const Carrier&) = delete;
  virtual ~Carrier() = default;

  // Does the operations and stores the kernel's value: compute_kernel() on real executors, an
  // advance of the clock on the virtual one.
  virtual bool compute(std::uint64_t seed, std::uint64_t index, std::uint64_t operations,
                       std::uint64_t& value) = 0;
  virtual void compute_later(std::coroutine_handle<> unit);

  virtual bool sleep(std::chrono::nanoseconds duration) = 0;
  virtual void sleep_later(std::chrono::nanoseconds duration, std::coroutine_handle<> unit);

  virtual bool yield() = 0;
  // Gives what the calling thread goes on with: another unit, or std::noop_coroutine().
  virtual std::coroutine_handle<> yield_later(std::coroutine_handle<> unit);

  // A region that may block in the kernel. enter gives up the processor (or the GIL); leave returns
  // false when the unit has to suspend until a processor is free again.
  virtual void enter_blocking() = 0;
  virtual bool leave_blocking() = 0;
  virtual void leave_blocking_later(std::coroutine_handle<> unit);

  // Waits until the waiter was settled and unpark() was called, before or after this; past its
  // deadline the executor does both. True: that has happened.
  virtual bool park(Waiter& waiter) = 0;
  virtual void park_later(Waiter& waiter, std::coroutine_handle<> unit);
  // Lets the unit of a waiter that the caller has settled run again. From any thread; once a
  // waiter.
  virtual void unpark(Waiter& waiter) = 0;

  // The calling unit has floating-point modes of its own from now on, which are kept there while it
  // does not run; null: no longer. False: this executor cannot. See OwnFloatingPoint.
  virtual bool keep_modes(FloatingPointModes* modes);

  // Ends the trial's units where they wait: every wait of theirs, now and later, throws
  // UnitCancelled with this reason. The first reason stays. Any thread, while a unit is alive.
  void cancel_units(const std::string& why);
  [[nodiscard]] bool units_cancelled() const {
    // Relaxed: a hint for those that run; park() is ordered with cancel_units() by the lock of the
    // ParkedList.
    return cancelled_.load(std::memory_order_relaxed);
  }
  // Throws if the units were cancelled.
  void throw_if_cancelled() const {
    if (units_cancelled()) [[unlikely]] {
      throw_cancelled();
    }
  }
  [[noreturn]] void throw_cancelled() const;
  // For executors: a trial begins, and no unit is alive.
  void forget_cancellation();
  // Waiting for a descriptor. watch() sees to it that the descriptor's Watched is told of every
  // edge from now on, so that a unit can park() for one; it throws std::system_error where that
  // cannot be. False: this carrier does not, and blocks its thread instead, as park() does but also
  // until `fd` is ready for `events` of poll(2), which settles with kWoken. prepare_to_poll() comes
  // before anybody may unpark() such a waiter, if anybody can.
  [[nodiscard]] virtual bool watch(Watched& /*watched*/) { return false; }
  virtual void prepare_to_poll(Waiter& waiter);
  virtual bool park_in_poll(Waiter& waiter, int fd, short events);

  [[nodiscard]] ForkWay fork_way() const { return fork_way_; }
  // Whether what waits is always a suspended frame, so that first halves need not be asked.
  [[nodiscard]] bool always_suspends() const { return fork_way_ == ForkWay::kFrames; }
  // kFrames. Offers the suspended parent to others while its child runs here.
  virtual void push_fork(std::coroutine_handle<> parent);
  // A child has ended, and its frame is gone. Gives what runs next: the parent, unless somebody has
  // taken it. kStacks: nothing, the stack that began the child sees to it.
  virtual std::coroutine_handle<> end_fork(Join& join);
  // kStacks. Begins the child on another stack; returns when the parent goes on, having told
  // Join::came_back() if that is because the child has ended.
  virtual void fork_stack(Join& join, std::coroutine_handle<> child);
  // kStacks. Returns when all children have ended.
  virtual void wait_stack(Join& join);

 private:
  // Ends every wait that is parked.
  virtual void cancel_parked() = 0;

  const ForkWay fork_way_;
  std::atomic<bool> cancelled_{false};
  mutable std::mutex why_mutex_;
  std::string why_;  // GUARDED_BY(why_mutex_)
};

// The first halves shared by `serial`, `threads` and `pool`: they block the OS thread.
class BlockingCarrier : public Carrier {
 public:
  BlockingCarrier() { parked_.set_shared(true); }
  bool compute(std::uint64_t seed, std::uint64_t index, std::uint64_t operations,
               std::uint64_t& value) override;
  bool sleep(std::chrono::nanoseconds duration) override;
  bool yield() override;
  void enter_blocking() override {}
  bool leave_blocking() override { return true; }
  bool park(Waiter& waiter) override;
  void unpark(Waiter& waiter) override;
  void prepare_to_poll(Waiter& waiter) override;
  bool park_in_poll(Waiter& waiter, int fd, short events) override;
  // Nobody else runs on its thread while it is alive.
  bool keep_modes(FloatingPointModes* /*modes*/) override { return true; }

  // For executors: so many OS threads carry units, or may begin one. When as many units wait for
  // each other, and for no time, that is a deadlock, and they are cancelled with its description.
  void add_running(int threads) { running_.fetch_add(threads, std::memory_order_relaxed); }
  // Threads that carry no unit wake units: a deadlock cannot be known.
  void set_outside_wakers(bool outside_wakers) { outside_wakers_ = outside_wakers; }

 private:
  void cancel_parked() override { parked_.cancel_all(); }
  // What all of them wait for, if they are in a deadlock; otherwise empty.
  std::string deadlock();

  ParkedList parked_;
  std::atomic<int> running_{0};  // Relaxed: looked at when nothing has happened for long.
  bool outside_wakers_ = false;
};

}  // namespace strata
