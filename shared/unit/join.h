// Fork-join: a unit runs parts of itself in parallel, where its executor can, and waits for them.
//
//     Co<long> fib(Unit& unit, long n) {
//       if (n < 2) co_return n;
//       Join join(unit);
//       long a = 0;
//       long b = 0;
//       co_await join.fork(fib(unit, n - 1), a);  // may run beside what follows
//       co_await join.call(fib(unit, n - 2), b);  // runs here, now
//       co_await join.wait();                     // a and b are there
//       co_return a + b;
//     }
//
// On `coroutine` and `green` the child starts at once, and what others may take is the rest of the
// parent ("continuation stealing": Mohr, Kranz, Halstead 1990; Frigo, Leiserson, Randall 1998). So
// one processor runs the tree depth first, as plain calls would, and needs no more memory; and a
// thief gets the oldest parent, the largest part of what is left. Children that others may take,
// the other way, make a million frames where this one makes twenty. `serial`, `threads`, `pool` and
// `gil` run each child in place.
//
// The Join lies in the frame of the coroutine that forks, and only that coroutine uses it. Children
// share the parent's Unit for sleep, yield, compute and blocking; add() and slot() are the root's
// alone, since children may run at the same time. wait() must be reached before the Join ends: a
// child left alone would write into a frame that is gone, so the process stops with a message.
//
// How a join counts without atomics as long as nothing is stolen (the counter is that of Schmaus et
// al., "Nowa", IPDPS 2021):
//
// (1) steals_ is written by the parent alone: how often it went on while its child still ran.
// (2) Each such child takes one from left_ at its end, all other children touch nothing.
// (3) left_ begins so high that children do not bring it to 0; wait() takes off what it was too
//     high. Whoever brings it to 0, a child or wait(), lets the parent go on.
#pragma once
#include <atomic>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <type_traits>
#include <utility>

#include "shared/unit/carrier.h"
#include "shared/unit/co.h"
#include "shared/unit/unit.h"

namespace strata {

class Join {
 public:
  explicit Join(const Unit& unit) : carrier_(unit.carrier()) {}
  Join(const Join&) = delete;
  Join& operator=(const Join&) = delete;
  ~Join() {
    if (steals_ != 0) [[unlikely]] {
      ended_early();
    }
  }

  // co_await it. `result` is assigned before wait() returns, unless the child throws.
  template <typename T>
  [[nodiscard]] auto fork(Co<T> child, T& result) {
    const auto handle = std::move(child).release();
    handle.promise().continuation = std::coroutine_handle<>::from_address(&result);
    return adopt(handle);
  }
  [[nodiscard]] auto fork(Co<void> child) { return adopt(std::move(child).release()); }

  // co_await it: the same, but done when it returns, as for the last child. What it throws is
  // thrown by wait(), so that an error on the way cannot leave other children alone.
  template <typename T>
  [[nodiscard]] auto call(Co<T> child, T& result) {
    return CallAwaiter<T>{*this, std::move(child), &result};
  }
  [[nodiscard]] auto call(Co<void> child) {
    return CallAwaiter<void>{*this, std::move(child), nullptr};
  }

  // co_await it: until all children have ended. Throws what the first child to fail threw. The Join
  // can be used again afterwards.
  [[nodiscard]] auto wait() { return WaitAwaiter{*this}; }

  // For carriers. ---------------------------------------------------------------------------------

  // The parent goes on because its child has ended: nothing was stolen.
  void came_back() { came_back_ = true; }
  // A child has ended whose parent had gone on (2). True: it was the last, and the parent waits.
  [[nodiscard]] bool child_ended() {
    // Acq_rel: each releases what its child has written to the last one, which acquires it (3).
    return left_.fetch_sub(1, std::memory_order_acq_rel) == 1;
  }
  // The parent is suspended, and is resumed through this by the child for which child_ended() was
  // true. True: there is none left, and the parent goes on at once.
  [[nodiscard]] bool begin_wait() {
    const std::int64_t too_high = kMany - steals_;
    return left_.fetch_sub(too_high, std::memory_order_acq_rel) == too_high;
  }
  [[nodiscard]] std::coroutine_handle<> parent() const { return parent_; }
  // Before the first child begins. Once: children read it.
  void set_parent(std::coroutine_handle<> parent) {
    if (!parent_) {
      parent_ = parent;
    }
  }

 private:
  friend void detail::fail_child(Join&, std::exception_ptr) noexcept;
  friend std::coroutine_handle<> detail::end_child(Join&) noexcept;

  static constexpr std::int64_t kMany = std::int64_t{1} << 62;

  struct ForkAwaiter {
    Join& join;
    std::coroutine_handle<> child;
    bool await_ready() {
      if (join.carrier_.fork_way() != ForkWay::kStacks) {
        return false;
      }
      join.carrier_.fork_stack(join, child);
      return true;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> parent) noexcept {
      // Copied first: once the parent is pushed it may go on elsewhere, and this awaiter be gone.
      const std::coroutine_handle<> next = child;
      Join& to = join;
      to.set_parent(parent);
      if (to.carrier_.fork_way() == ForkWay::kFrames) {
        to.carrier_.push_fork(parent);
      }
      return transfer_to(next);
    }
    void await_resume() {
      if (!std::exchange(join.came_back_, false)) {
        ++join.steals_;
      }
    }
  };

  // Awaited as any other Co, but for what becomes of an error.
  template <typename T>
  struct CallAwaiter {
    Join& join;
    Co<T> child;
    T* result;
    typename Co<T>::Awaiter inner{std::move(child).operator co_await()};
    static bool await_ready() noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> parent) noexcept {
      return inner.await_suspend(parent);
    }
    void await_resume() {
      try {
        if constexpr (std::is_void_v<T>) {
          inner.await_resume();
        } else {
          *result = inner.await_resume();
        }
      } catch (...) {
        join.fail(std::current_exception());
      }
    }
  };

  struct WaitAwaiter {
    Join& join;
    [[nodiscard]] bool await_ready() const {
      if (join.steals_ == 0) {
        return true;
      }
      if (join.carrier_.fork_way() != ForkWay::kStacks) {
        return false;
      }
      join.carrier_.wait_stack(join);
      return true;
    }
    [[nodiscard]] bool await_suspend(std::coroutine_handle<> /*parent*/) const noexcept {
      return !join.begin_wait();
    }
    void await_resume() const {
      if (join.steals_ != 0) {
        join.steals_ = 0;
        join.left_.store(kMany, std::memory_order_relaxed);  // No child is left.
      }
      if (join.failed_.load(std::memory_order_relaxed)) {  // Ordered by left_, or our own strand.
        join.failed_.store(false, std::memory_order_relaxed);
        std::rethrow_exception(std::exchange(join.error_, nullptr));
      }
    }
  };

  template <typename Promise>
  std::coroutine_handle<> adopted(std::coroutine_handle<Promise> child) {
    child.promise().set_join(*this);
    return child;
  }
  template <typename Promise>
  ForkAwaiter adopt(std::coroutine_handle<Promise> child) {
    return ForkAwaiter{*this, adopted(child)};
  }
  void fail(std::exception_ptr error) {
    // Relaxed: what error_ is rides on left_, as the children's results do.
    if (!failed_.exchange(true, std::memory_order_relaxed)) {
      error_ = std::move(error);
    }
  }
  [[noreturn]] static void ended_early();

  Carrier& carrier_;
  std::coroutine_handle<> parent_{};  // Written before the first child begins.
  std::int64_t steals_ = 0;           // The parent's (1).
  bool came_back_ = false;            // The parent's, or its child's while the parent is suspended.
  std::atomic<bool> failed_{false};   // Who sets it writes error_.
  std::atomic<std::int64_t> left_{kMany};
  std::exception_ptr error_;
};

}  // namespace strata
