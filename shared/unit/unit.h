// Unit: what a body sees. One body serves every executor.
//
//     Co<void> body(Unit& unit) const override {
//       unit.add(0, co_await unit.compute(operations_));
//     }
//
// A unit leaves its result in two ways, both independent of the order in which units run:
// add() sums into one of kSums numbers of its shard; slot() is memory of its own in the result.
#pragma once
#include <array>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include "shared/unit/carrier.h"
#include "shared/unit/co.h"

namespace strata {

inline constexpr std::size_t kSums = 4;
using Sums = std::array<std::uint64_t, kSums>;

class Unit {
 public:
  // Executors make units. `slot` stays valid while the unit lives, and has at most 4 GiB. Sums are
  // gathered in memory of its own, which it takes when something is first added: a parked unit that
  // has added nothing is 32 bytes smaller for it.
  Unit(Carrier& carrier, std::uint64_t seed, std::uint64_t index, std::span<std::byte> slot)
      : carrier_(&carrier), seed_(seed), index_(index) {
    set_slot(slot);
  }
  // The same, adding straight into `sums`, which this thread alone uses while the unit lives.
  Unit(Carrier& carrier, std::uint64_t seed, std::uint64_t index, std::span<std::byte> slot,
       Sums& sums)
      : Unit(carrier, seed, index, slot) {
    sums_ = &sums;
    own_sums_ = false;
  }
  Unit(const Unit&) = delete;  // Awaiters and sums point into it.
  Unit& operator=(const Unit&) = delete;
  ~Unit() {
    if (own_sums_ && sums_ != nullptr) {
      frame_free(sums_, sizeof(Sums));
    }
  }

  // Which of the workload's units this is, from 0.
  [[nodiscard]] std::uint64_t index() const { return index_; }
  // The seed of the run: the same in every unit.
  [[nodiscard]] std::uint64_t seed() const { return seed_; }

  // co_await unit.compute(n): n floating-point operations; gives a value that depends on (seed,
  // index, n) alone.
  auto compute(std::uint64_t operations) { return ComputeAwaiter{*this, operations, 0}; }
  // co_await unit.sleep(d): other units go on, if the executor lets them.
  auto sleep(std::chrono::nanoseconds duration) { return SleepAwaiter{*carrier_, duration}; }
  // co_await unit.yield(): lets another unit run first.
  auto yield() { return YieldAwaiter{*carrier_}; }
  // co_await unit.blocking(f): calls f, which may block in the kernel, off the processor; gives
  // what f returns.
  template <typename F>
  auto blocking(F f) {
    return BlockingAwaiter<F>{*carrier_, std::move(f), {}};
  }

  // Adds to sum `which` (< kSums) of the result, modulo 2^64.
  void add(std::size_t which, std::uint64_t value) {
    if (sums_ == nullptr) [[unlikely]] {
      sums_ = new (frame_allocate(sizeof(Sums))) Sums{};
    }
    (*sums_)[which] += value;
  }
  // This unit's own bytes of the result: Plan::slot_bytes of them, zero at the start.
  [[nodiscard]] std::span<std::byte> slot() const { return {slot_, slot_bytes_}; }

  // For whatever a unit waits with: what carries it.
  [[nodiscard]] Carrier& carrier() const { return *carrier_; }
  // For executors, once it has ended: makes it another unit of the same carrier and seed, that
  // gathers its own sums anew.
  void become(std::uint64_t index, std::span<std::byte> slot) {
    index_ = index;
    set_slot(slot);
    if (sums_ != nullptr) {
      *sums_ = {};
    }
  }
  // For executors: what add() gathered; the same, null if it was not called.
  [[nodiscard]] Sums sums() const { return sums_ != nullptr ? *sums_ : Sums{}; }
  [[nodiscard]] const Sums* gathered() const { return sums_; }

 private:
  void set_slot(std::span<std::byte> slot) {
    slot_ = slot.data();
    slot_bytes_ = static_cast<std::uint32_t>(slot.size());
  }
  struct ComputeAwaiter {
    Unit& unit;
    std::uint64_t operations;
    std::uint64_t value;
    bool await_ready() {
      return unit.carrier_->compute(unit.seed_, unit.index_, operations, value);
    }
    void await_suspend(std::coroutine_handle<> self) const { unit.carrier_->compute_later(self); }
    [[nodiscard]] std::uint64_t await_resume() const { return value; }
  };
  struct SleepAwaiter {
    Carrier& carrier;
    std::chrono::nanoseconds duration;
    [[nodiscard]] bool await_ready() const { return carrier.sleep(duration); }
    void await_suspend(std::coroutine_handle<> self) const { carrier.sleep_later(duration, self); }
    void await_resume() const { carrier.throw_if_cancelled(); }
  };
  struct YieldAwaiter {
    Carrier& carrier;
    [[nodiscard]] bool await_ready() const { return !carrier.always_suspends() && carrier.yield(); }
    [[nodiscard]] std::coroutine_handle<> await_suspend(std::coroutine_handle<> self) const {
      return transfer_to(carrier.yield_later(self));
    }
    void await_resume() const { carrier.throw_if_cancelled(); }
  };
  template <typename F>
  struct BlockingAwaiter {
    using Value = std::invoke_result_t<F>;
    struct Nothing {};
    using Stored = std::conditional_t<std::is_void_v<Value>, Nothing, Value>;
    Carrier& carrier;
    F f;
    Stored value;
    std::exception_ptr error{};
    bool await_ready() {
      carrier.enter_blocking();
      try {
        if constexpr (std::is_void_v<Value>) {
          f();
        } else {
          value = f();
        }
      } catch (...) {
        error = std::current_exception();  // Thrown again by the unit, once it may run.
      }
      return carrier.leave_blocking();
    }
    void await_suspend(std::coroutine_handle<> self) const { carrier.leave_blocking_later(self); }
    Value await_resume() {
      if (error) {
        std::rethrow_exception(std::move(error));
      }
      if constexpr (!std::is_void_v<Value>) {
        return std::move(value);
      }
    }
  };

  Carrier* carrier_;
  std::uint64_t seed_;
  std::uint64_t index_;
  std::byte* slot_;
  std::uint32_t slot_bytes_;
  bool own_sums_ = true;
  Sums* sums_ = nullptr;
};

}  // namespace strata
