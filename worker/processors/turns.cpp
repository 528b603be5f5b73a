// Whose turn it is on a processor, and the switches between turns.
#include <algorithm>
#include <utility>

#include "shared/base/check.h"
#include "shared/os/clock.h"
#include "shared/unit/carrier.h"
#include "shared/unit/transfer.h"
#include "worker/processors/processors.h"

namespace strata {
namespace {

// A processor looks at the clock about that often, by counting turns: reading it takes 25 ns, five
// times as long as a turn.
constexpr std::uint64_t kLookAtMostNs = 100'000;
constexpr std::uint64_t kLookAtLeastNs = 20'000;
constexpr std::uint32_t kTurnsOfLook = 256;
// Free fibers that a processor keeps for itself; beyond it gives half of them to the others, who
// may be the ones that need them.
constexpr std::uint32_t kFreeFibers = 512;

enum Progress : std::uint32_t { kRunning, kParked, kUnparked };  // Waiter::progress

}  // namespace

void Processors::carry(CarrierThread& me) {
  while (me.processor != nullptr) {
    while (const Runnable handed = std::exchange(me.handed, Runnable{})) {
      resume(handed);
    }
    if (me.processor == nullptr) {
      return;
    }
    Processor& processor = *me.processor;
    if (std::exchange(processor.begin_fresh, false) && begin_one(processor)) {
      continue;
    }
    if (const Runnable runnable = next_ready(processor)) {
      resume(runnable);
      continue;
    }
    void* source = nullptr;
    std::uint32_t place = 0;
    if (take_fresh_of(processor, source, place)) {
      processor.count_turn();
      feed_->begin(source, place);
    } else if (!find_more(processor)) {
      leave_trial(me);
    }
  }
}

void Processors::resume(Runnable runnable) {
  if (runnable.is_fiber()) {
    run_fiber(runnable.fiber());
  } else {
    resume_frame(runnable.frame());
  }
}

Runnable Processors::next_ready(Processor& processor) {
  if (processor.count_turn()) [[unlikely]] {
    look_around(processor);
  }
  processor.lock.lock();
  const Runnable runnable = processor.take_next();
  processor.lock.unlock();
  return runnable || processor.forks.seems_empty() ? runnable : processor.forks.pop();
}

[[gnu::noinline]] void Processors::look_around(Processor& processor) {
  const std::uint64_t now = now_ns();
  const std::uint64_t took = now - std::exchange(processor.looked_ns, now);
  if (took > kLookAtMostNs) {
    const std::uint64_t fewer = processor.turns_of_look * kLookAtMostNs / took;
    processor.turns_of_look = std::max(1U, static_cast<std::uint32_t>(fewer));
  } else if (took < kLookAtLeastNs) {
    processor.turns_of_look = std::min(kTurnsOfLook, processor.turns_of_look * 2);
  }
  processor.look_after(processor.turns_of_look);
  take_due(processor, processor);
  take_events(processor);
  take_global(processor);
  if (const Runnable oldest = processor.forks.take_oldest()) {
    make_ready_last(oldest);
  }
  processor.begin_fresh = true;
}

bool Processors::take_fresh_of(Processor& processor, void*& source, std::uint32_t& place) {
  processor.lock.lock();
  const bool any = !processor.fresh.empty();
  if (any) {
    source = processor.fresh.source;
    place = processor.fresh.first++;
  }
  processor.lock.unlock();
  return any;
}

bool Processors::begin_one(Processor& processor) {
  void* source = nullptr;
  std::uint32_t place = 0;
  if (!take_fresh_of(processor, source, place)) {
    Batch batch;
    if (feed_->take(processor, batch) != Feed::Answer::kBatch) {
      return false;  // kEnd is found again when there is nothing else.
    }
    source = batch.source;
    place = batch.first++;
    processor.lock.lock();
    processor.fresh = batch;
    const bool tell = !batch.empty() && idle_count_.load(std::memory_order_relaxed) != 0;
    processor.lock.unlock();
    tell_idle(tell);
  }
  processor.count_turn();
  feed_->begin(source, place);
  return true;
}

void Processors::make_ready(Runnable runnable) {
  CarrierThread* me = this_carrier_thread();
  if (me == nullptr || &me->owner != this || me->processor == nullptr || config_.always_migrate) {
    push_global(runnable);
    return;
  }
  Processor& processor = *me->processor;
  processor.lock.lock();
  const Runnable before = std::exchange(processor.next, runnable);
  bool tell = false;
  if (before) {
    processor.ready.push(before);
    tell = idle_count_.load(std::memory_order_relaxed) != 0;  // Ordered by the lock.
  }
  processor.lock.unlock();
  tell_idle(tell);
}

void Processors::make_ready_last(Runnable runnable) {
  if (config_.always_migrate) {
    push_global(runnable);
    return;
  }
  Processor& processor = here();
  processor.lock.lock();
  processor.ready.push(runnable);
  const bool tell = (processor.ready.size() > 1 || processor.next) &&
                    idle_count_.load(std::memory_order_relaxed) != 0;  // Ordered by the lock.
  processor.lock.unlock();
  tell_idle(tell);
}

void Processors::add_sleeper(std::uint64_t at_ns, Runnable sleeper) {
  here().timers.add(at_ns, sleeper);
}

// The next frame is gone on with at once, without a return to carry(): 2 ns of 9.
std::coroutine_handle<> Processors::yield_frame(std::coroutine_handle<> frame) {
  CarrierThread& me = thread_of_this_stack();
  Processor& processor = *me.processor;
  if (processor.count_turn()) [[unlikely]] {
    look_around(processor);
    make_ready_last(Runnable(frame));
    return std::noop_coroutine();
  }
  if (config_.always_migrate) [[unlikely]] {
    make_ready_last(Runnable(frame));
    return std::noop_coroutine();
  }
  processor.lock.lock();
  Runnable next;
  if (processor.next) [[unlikely]] {
    processor.ready.push(Runnable(frame));
    next = processor.take_next();
  } else {
    processor.in_row = 0;
    next = processor.ready.exchange(Runnable(frame));
  }
  const bool tell = processor.lock.shared() && !processor.ready.empty() &&
                    idle_count_.load(std::memory_order_relaxed) != 0;  // Ordered by the lock.
  processor.lock.unlock();
  tell_idle(tell);
  if (next.is_fiber()) [[unlikely]] {
    me.handed = next;
    return std::noop_coroutine();
  }
  return next.frame();
}

namespace {
void remove_timer(Waiter& waiter) {
  if (waiter.deadline_ns() != kNoDeadline) {
    static_cast<Processor*>(waiter.list->owner())->timers.remove(waiter);
  }
}
}  // namespace

void Processors::park(Waiter& waiter, Runnable unit) {
  waiter.frame = unit.as_handle();
  Processor& processor = here();
  processor.parked.add(waiter);
  if (waiter.deadline_ns() != kNoDeadline) {
    processor.timers.add(waiter);
  }
  if (waiter.carrier().units_cancelled() && waiter.settle(Waiter::Outcome::kUnitsCancelled))
      [[unlikely]] {
    unpark(waiter);
  }
  std::uint32_t expected = kRunning;
  // Release: unpark() reads what stands above. Afterwards the waiter may be gone.
  if (waiter.progress.compare_exchange_strong(expected, kParked, std::memory_order_acq_rel,
                                              std::memory_order_acquire)) {
    return;
  }
  remove_timer(waiter);
  make_ready(unit);
}

void Processors::unpark(Waiter& waiter) {
  const CarrierThread* const me = this_carrier_thread();
  if (me != nullptr && &me->owner == this) [[likely]] {
    if (const Runnable unit = unparked(waiter)) {
      make_ready(unit);
    }
    return;
  }
  // The unit cannot go on before it is unparked, and so the trial cannot end before this.
  visitors_.fetch_add(1, std::memory_order_relaxed);
  if (const Runnable unit = unparked(waiter)) {
    make_ready(unit);
  }
  visitors_.fetch_sub(1, std::memory_order_release);  // Pairs with the destructor.
}

// What is to be made ready now; nothing if park() will see to it.
Runnable Processors::unparked(Waiter& waiter) {
  // Acq_rel: pairs with park(), either way.
  if (waiter.progress.exchange(kUnparked, std::memory_order_acq_rel) != kParked) {
    return {};
  }
  remove_timer(waiter);
  return Runnable::of_handle(waiter.frame);
}

// Fibers. -----------------------------------------------------------------------------------------

[[gnu::always_inline]] inline void Processors::arrive() {
  CarrierThread& me = *this_carrier_thread();
  if (me.held != nullptr) {
    std::exchange(me.held, nullptr)->unlock();
  }
  if (me.afterwards.call != nullptr) {
    const Afterwards afterwards = std::exchange(me.afterwards, Afterwards{});
    afterwards.call(afterwards.argument);
  }
}

void Processors::leave_fiber(CarrierThread& me, Fiber& self, Runnable next, Afterwards afterwards) {
  me.afterwards = afterwards;
  if (self.modes != nullptr) [[unlikely]] {
    self.modes->put_away();
  }
  // One place of switching for all: see context_x86_64.h.
  const bool direct = next.is_fiber();
  me.running = direct ? &next.fiber() : nullptr;
  me.handed = direct ? Runnable{} : next;
  switch_stacks(self.context, self.sanitized, direct ? next.fiber().context : me.own,
                direct ? next.fiber().sanitized : me.sanitized);
  // From here on `me` may be another thread's.
  if (self.modes != nullptr) [[unlikely]] {
    self.modes->put_back();
  }
  arrive();
}

void Processors::yield_fiber() {
  CarrierThread& me = thread_before_switch();
  Processor& processor = *me.processor;
  Fiber& self = *me.running;
  const Afterwards to_the_end = {[](void* fiber) {
                                   auto& left = *static_cast<Fiber*>(fiber);
                                   this_carrier_thread()->owner.make_ready_last(Runnable(left));
                                 },
                                 &self};
  if (config_.always_migrate) {
    suspend_fiber(to_the_end);
    return;
  }
  if (processor.count_turn()) [[unlikely]] {
    look_around(processor);
  }
  processor.lock.lock();
  if (!processor.begin_fresh && !processor.next && !processor.ready.empty()) [[likely]] {
    const Runnable next = processor.ready.front();
    if (next.is_fiber()) [[likely]] {
      // Nobody can take this fiber from the queue before the lock is let go, on the other side.
      processor.ready.exchange(Runnable(self));
      me.held = processor.lock.shared() ? &processor.lock : nullptr;
      leave_fiber(me, self, next, {});
      return;
    }
  }
  const bool others = processor.next || !processor.ready.empty() || !processor.fresh.empty() ||
                      processor.begin_fresh;
  processor.lock.unlock();
  if (others || !processor.forks.seems_empty()) {
    suspend_fiber(to_the_end);
  }
}

void Processors::suspend_fiber(Afterwards afterwards) {
  CarrierThread& me = *this_carrier_thread();
  Runnable next;
  if (me.processor != nullptr && !me.processor->begin_fresh) {
    next = next_ready(*me.processor);
  }
  leave_fiber(me, *me.running, next, afterwards);
}

void Processors::switch_fiber(Fiber& next, Afterwards afterwards) {
  CarrierThread& me = *this_carrier_thread();
  leave_fiber(me, *me.running, Runnable(next), afterwards);
}

Fiber* Processors::new_fiber(void (*entry)(void*)) {
  Processor& processor = here();
  if (processor.free_fibers == nullptr) {
    auto some = fibers_.take_some();
    if (!some) {
      return nullptr;
    }
    processor.free_fibers = *some;
    for (const Fiber* fiber = *some; fiber != nullptr; fiber = fiber->next) {
      ++processor.free_fiber_count;
    }
  }
  --processor.free_fiber_count;
  Fiber* fiber = std::exchange(processor.free_fibers, processor.free_fibers->next);
  fiber->modes = nullptr;
  fiber->prepare(entry);
  return fiber;
}

void Processors::run_fiber(Fiber& fiber) {
  CarrierThread& me = *this_carrier_thread();
  me.running = &fiber;
  switch_stacks(me.own, me.sanitized, fiber.context, fiber.sanitized);
  arrive();
}

void Processors::begin_fiber(Fiber& self) {
  self.sanitized.arrived();
  arrive();
}

void Processors::end_fiber(Fiber& self, Runnable next) {
  CarrierThread& me = *this_carrier_thread();
  Processor& processor = *me.processor;
  if (processor.free_fiber_count >= kFreeFibers) [[unlikely]] {
    Fiber* last = processor.free_fibers;
    for (std::uint32_t i = 1; i < kFreeFibers / 2; ++i) {
      last = last->next;
    }
    Fiber* rest = std::exchange(last->next, nullptr);
    fibers_.give_back(std::exchange(processor.free_fibers, rest));
    processor.free_fiber_count -= kFreeFibers / 2;
  }
  if (!next && !processor.begin_fresh) {
    next = next_ready(processor);
  }
  // Only this processor's holder takes from the list, and that is us until we have switched.
  self.next = processor.free_fibers;
  processor.free_fibers = &self;
  ++processor.free_fiber_count;
  me.afterwards = {};
  const bool direct = next.is_fiber();
  me.running = direct ? &next.fiber() : nullptr;
  me.handed = direct ? Runnable{} : next;
  switch_stacks(self.context, self.sanitized, direct ? next.fiber().context : me.own,
                direct ? next.fiber().sanitized : me.sanitized, true);
  STRATA_CHECK(false, "a fiber went on after its end");
  __builtin_unreachable();
}

}  // namespace strata
