// The units that wait at a primitive, first come first: an intrusive list, guarded by the
// primitive's lock.
//
// Whoever wakes takes waiters out by pop_settled(); one whose wait has ended in another way takes
// itself out by remove(), whether or not a waker met it before.
#pragma once
#include <utility>

#include "shared/unit/carrier.h"
#include "shared/unit/waiter.h"

namespace strata {

// `SomeWaiter` is Waiter, or derived from it with what the waker needs to know.
template <typename SomeWaiter = Waiter>
class WaiterList {
 public:
  WaiterList() = default;
  WaiterList(const WaiterList&) = delete;
  WaiterList& operator=(const WaiterList&) = delete;
  ~WaiterList() = default;

  [[nodiscard]] SomeWaiter* front() const { return static_cast<SomeWaiter*>(first_); }
  void push_back(SomeWaiter& waiter) {
    waiter.previous = last_;
    waiter.next = nullptr;
    (last_ != nullptr ? last_->next : first_) = &waiter;
    last_ = &waiter;
  }
  void push_front(SomeWaiter& waiter) {
    waiter.previous = nullptr;
    waiter.next = first_;
    (first_ != nullptr ? first_->previous : last_) = &waiter;
    first_ = &waiter;
  }
  // Nothing when it is in the list no more.
  void remove(SomeWaiter& waiter) {
    if (waiter.previous == nullptr && first_ != &waiter) {
      return;
    }
    (waiter.previous != nullptr ? waiter.previous->next : first_) = waiter.next;
    (waiter.next != nullptr ? waiter.next->previous : last_) = waiter.previous;
    waiter.previous = waiter.next = nullptr;
  }
  // Takes out the first waiter whose wait this call ends (kWoken), and those before it whose wait
  // had ended already. The caller unparks it, after the lock. Null: nobody waits.
  SomeWaiter* pop_settled() {
    while (first_ != nullptr) {
      SomeWaiter& waiter = *front();
      remove(waiter);
      if (waiter.settle(Waiter::Outcome::kWoken)) {
        return &waiter;
      }
    }
    return nullptr;
  }

 private:
  Waiter* first_ = nullptr;
  Waiter* last_ = nullptr;
};

// Waiters that were settled under a lock and are unparked after it.
class WokenChain {
 public:
  void add(Waiter& waiter) {
    waiter.next = first_;
    first_ = &waiter;
  }
  void unpark_all() {
    while (first_ != nullptr) {
      Waiter& waiter = *std::exchange(first_, first_->next);  // Read before it may be gone.
      waiter.carrier().unpark(waiter);
    }
  }

 private:
  Waiter* first_ = nullptr;
};

}  // namespace strata
