// Channel: values from units to units, in the order they were sent.
//
//     Channel<Item> channel(16);
//     co_await channel.send(unit, item);                       the one side
//     while (auto item = co_await channel.receive(unit)) ...    the other, until close()
//
// A bounded channel makes senders wait while it is full, one of capacity 0 makes each wait for its
// receiver, an unbounded one never. Any number of units on each side.
//
// Fairness: waiters of each side are served in the order they came. A value is handed directly to
// the receiver that waits longest, and room directly to the sender: no third unit can take it in
// between, so order is kept and a woken unit never finds nothing. (For a mutex that would cost a
// switch a turn; a channel's two sides alternate anyway, and with a buffer they do not wait.)
//
// (1) While a receiver waits there is no value in the channel; while a sender waits it is full.
// (2) After close() nobody waits; what lies in the channel can still be received.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

#include "shared/sync/spin_lock.h"
#include "shared/unit/growing_ring.h"
#include "shared/unit/wait_limit.h"
#include "shared/unit/waiter_list.h"

namespace strata {

inline constexpr std::size_t kUnbounded = SIZE_MAX;

// A value, or why there is none.
template <typename T>
struct Received {
  WaitEnd end = WaitEnd::kClosed;
  std::optional<T> value{};

  [[nodiscard]] explicit operator bool() const { return value.has_value(); }
  T& operator*() { return *value; }
};

// T can be moved without throwing.
template <typename T>
class Channel {
  static_assert(std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T>);
  struct Transfer : Waiter {
    using Waiter::Waiter;
    std::optional<T>* place = nullptr;  // A sender's value, or where a receiver wants it.
    bool closed = false;
  };
  using Park = ParkedWait<Transfer>;

 public:
  explicit Channel(std::size_t capacity) : capacity_(capacity) {}
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel() = default;

  class [[nodiscard]] Send : public Park {
   public:
    Send(Channel& channel, Unit& unit, T value, const WaitLimit& limit)
        : Park(unit, "room in a channel", limit), channel_(channel), value_(std::move(value)) {}
    bool await_ready() {
      Transfer* receiver = nullptr;
      {
        const std::lock_guard lock(channel_.lock_);
        end_ = channel_.put(value_, receiver);
        if (!end_) {
          this->waiter().place = &value_;
          channel_.senders_.push_back(this->waiter());
        }
      }
      channel_.unpark(receiver);
      return end_ || this->park();
    }
    WaitEnd await_resume() {
      return end_ ? *end_
                  : ended_as(this->waiter(), this->ended(channel_.lock_, channel_.senders_));
    }

   private:
    Channel& channel_;
    std::optional<T> value_;
    std::optional<WaitEnd> end_;
  };

  class [[nodiscard]] Receive : public Park {
   public:
    Receive(Channel& channel, Unit& unit, const WaitLimit& limit)
        : Park(unit, "a value from a channel", limit), channel_(channel) {}
    bool await_ready() {
      Transfer* sender = nullptr;
      {
        const std::lock_guard lock(channel_.lock_);
        end_ = channel_.take(value_, sender);
        if (!end_) {
          this->waiter().place = &value_;
          channel_.receivers_.push_back(this->waiter());
        }
      }
      channel_.unpark(sender);
      return end_ || this->park();
    }
    Received<T> await_resume() {
      const WaitEnd end =
          end_ ? *end_ : ended_as(this->waiter(), this->ended(channel_.lock_, channel_.receivers_));
      return {end, std::move(value_)};
    }

   private:
    Channel& channel_;
    std::optional<T> value_;
    std::optional<WaitEnd> end_;
  };

  // co_await channel.send(unit, value): kDone, or kClosed, kTimedOut or kCancelled: then the value
  // is gone.
  Send send(Unit& unit, T value, WaitLimit limit = {}) {
    return {*this, unit, std::move(value), limit};
  }
  // co_await channel.receive(unit): a value (kDone), or kClosed once it is closed and empty, or
  // kTimedOut or kCancelled.
  Receive receive(Unit& unit, WaitLimit limit = {}) { return {*this, unit, limit}; }

  // From any thread, unit or not. Once: senders that wait, and whoever sends later, get kClosed.
  void close() {
    WokenChain woken;
    {
      const std::lock_guard lock(lock_);
      closed_ = true;
      for (WaiterList<Transfer>* side : {&senders_, &receivers_}) {
        while (Transfer* const waiter = side->pop_settled()) {
          waiter->closed = true;
          woken.add(*waiter);
        }
      }
    }
    woken.unpark_all();
  }

  // Values in it now, and at most so far: never above the capacity.
  [[nodiscard]] std::size_t size() {
    const std::lock_guard lock(lock_);
    return values_.size();
  }
  [[nodiscard]] std::size_t most() {
    const std::lock_guard lock(lock_);
    return most_;
  }

 private:
  // All three under lock_. Nothing: the caller has to wait. Whoever is woken is unparked after it.
  std::optional<WaitEnd> put(std::optional<T>& value, Transfer*& receiver) {
    if (closed_) {
      return WaitEnd::kClosed;
    }
    receiver = receivers_.pop_settled();
    if (receiver != nullptr) {
      *receiver->place = std::move(value);  // Seen by it after its unpark().
      return WaitEnd::kDone;
    }
    if (values_.size() < capacity_) {
      keep(value);
      return WaitEnd::kDone;
    }
    return std::nullopt;
  }
  std::optional<WaitEnd> take(std::optional<T>& value, Transfer*& sender) {
    if (values_.size() > 0) {
      value.emplace(values_.pop());
      sender = senders_.pop_settled();
      if (sender != nullptr) {
        keep(*sender->place);
      }
      return WaitEnd::kDone;
    }
    sender = senders_.pop_settled();  // Of a channel without a buffer.
    if (sender != nullptr) {
      value = std::move(*sender->place);
      return WaitEnd::kDone;
    }
    return closed_ ? std::optional(WaitEnd::kClosed) : std::nullopt;
  }
  void keep(std::optional<T>& value) {
    values_.push(std::move(*value));
    most_ = std::max(most_, values_.size());
  }

  // A wait has ended: by close(), or as it says.
  static WaitEnd ended_as(const Transfer& waiter, WaitEnd end) {
    return end == WaitEnd::kDone && waiter.closed ? WaitEnd::kClosed : end;
  }
  static void unpark(Transfer* waiter) {
    if (waiter != nullptr) {
      waiter->carrier().unpark(*waiter);
    }
  }
  const std::size_t capacity_;
  SpinLock lock_;
  bool closed_ = false;             // GUARDED_BY(lock_), and so is all that follows.
  GrowingRing<T> values_;           // At most capacity_
  std::size_t most_ = 0;            // Values at one time so far
  WaiterList<Transfer> senders_;    // (1)
  WaiterList<Transfer> receivers_;  // (1)
};

}  // namespace strata
