// `green`: units are green threads, each on a stack of its own, many on each of T processors.
//
// What a body awaits returns in place: the carrier switches stacks beneath it. A stack whose unit
// has ended takes the next unit that nobody has begun, if nothing is ready before it, so that short
// units cost no switch at all.
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>

#include "shared/base/check.h"
#include "shared/os/clock.h"
#include "shared/unit/join.h"
#include "shared/unit/kernel.h"
#include "shared/unit/transfer.h"
#include "worker/executors/executors.h"
#include "worker/executors/many_executor.h"
#include "worker/executors/unit_feed.h"

namespace strata {
namespace {

class StackCarrier final : public Carrier {
 public:
  explicit StackCarrier(Processors& processors)
      : Carrier(ForkWay::kStacks), processors_(processors) {}

  bool compute(std::uint64_t seed, std::uint64_t index, std::uint64_t operations,
               std::uint64_t& value) override {
    value = compute_kernel(seed, index, operations);
    return true;
  }

  bool sleep(std::chrono::nanoseconds duration) override {
    if (duration.count() <= 0) {
      processors_.yield_fiber();
      return true;
    }
    struct Sleep {
      Processors& processors;
      Fiber& fiber;
      std::uint64_t at_ns;
    } sleep{processors_, *Processors::running_fiber(),
            now_ns() + static_cast<std::uint64_t>(duration.count())};
    // `sleep` lies on the stack that is left, and may be gone once the timer knows of it.
    processors_.suspend_fiber({[](void* argument) {
                                 const Sleep the = *static_cast<Sleep*>(argument);
                                 the.processors.add_sleeper(the.at_ns, Runnable(the.fiber));
                               },
                               &sleep});
    return true;
  }

  bool yield() override {
    processors_.yield_fiber();
    return true;
  }

  void enter_blocking() override { processors_.enter_blocking(); }
  bool leave_blocking() override {
    if (!processors_.leave_blocking()) {
      processors_.suspend_fiber({make_ready, Processors::running_fiber()});
    }
    return true;
  }

  bool park(Waiter& waiter) override {
    struct Park {
      Processors& processors;
      Fiber& fiber;
      Waiter& waiter;
    } park{processors_, *Processors::running_fiber(), waiter};
    processors_.suspend_fiber({[](void* argument) {
                                 const Park the = *static_cast<Park*>(argument);
                                 the.processors.park(the.waiter, Runnable(the.fiber));
                               },
                               &park});
    return true;
  }
  void unpark(Waiter& waiter) override { processors_.unpark(waiter); }
  void cancel_parked() override { processors_.cancel_parked(); }

  bool keep_modes(FloatingPointModes* modes) override {
    Processors::running_fiber()->modes = modes;
    return true;
  }
  bool watch(Watched& watched) override {
    processors_.watch(watched);
    return true;
  }

  // The child begins on a stack of its own at once, and the parent is what others may take.
  void fork_stack(Join& join, std::coroutine_handle<> child) override {
    Fiber& parent = *Processors::running_fiber();
    join.set_parent(Runnable(parent).as_handle());
    Fiber* fiber = processors_.new_fiber(run_child);
    if (fiber == nullptr) {  // No memory for a stack: as a call.
      resume_frame(child);
      join.came_back();
      return;
    }
    Child begun{processors_, join, child};
    fiber->work = &begun;  // Read before the parent is offered, and so before it can go on.
    fiber->unit = parent.unit;
    processors_.switch_fiber(*fiber, {});
  }
  std::coroutine_handle<> end_fork(Join& /*join*/) override { return std::noop_coroutine(); }
  void wait_stack(Join& join) override {
    struct Wait {
      Processors& processors;
      Fiber& fiber;
      Join& join;
    } wait{processors_, *Processors::running_fiber(), join};
    processors_.suspend_fiber({[](void* argument) {
                                 const Wait the = *static_cast<Wait*>(argument);
                                 if (the.join.begin_wait()) {
                                   the.processors.make_ready(Runnable(the.fiber));
                                 }
                               },
                               &wait});
  }

 private:
  struct Child {
    Processors& processors;
    Join& join;
    std::coroutine_handle<> coroutine;
  };

  static void make_ready(void* fiber) {
    this_carrier_thread()->owner.make_ready(Runnable(*static_cast<Fiber*>(fiber)));
  }

  static void run_child(void* argument) {
    auto& self = *static_cast<Fiber*>(argument);
    const Child child = *static_cast<const Child*>(self.work);
    Processors::begin_fiber(self);
    const Runnable parent = Runnable::of_handle(child.join.parent());
    child.processors.push_fork(Processors::here(), parent);
    resume_frame(child.coroutine);  // To its end: nothing suspends a frame here.
    if (Processors::pop_fork(Processors::here(), parent)) {
      child.join.came_back();
      child.processors.end_fiber(self, parent);
    }
    child.processors.end_fiber(self, child.join.child_ended() ? parent : Runnable{});
  }

  Processors& processors_;
};

class StackFeed final : public UnitFeed {
 public:
  explicit StackFeed(Processors& processors)
      : UnitFeed(processors), processors_(processors), carrier_(processors) {}

  Carrier& carrier() override { return carrier_; }

  void begin(void* source, std::uint32_t place) override {
    Fiber* fiber = processors_.new_fiber(run_units);
    auto& lease = *static_cast<OpenLease*>(source);
    about_to_run(lease, place);
    if (fiber == nullptr) {
      const Unit unit(carrier_, seed(), lease.lease().first_unit + place,
                      lease.lease().slot(place));
      ended(account_of(Processors::here()), lease, unit,
            std::make_exception_ptr(std::runtime_error(
                "this machine gives no memory for its stack; ask for fewer units in flight (-G)")));
      return;
    }
    Start start{*this, &lease, place};
    fiber->work = &start;
    processors_.run_fiber(*fiber);
  }

 private:
  struct Start {
    StackFeed& feed;
    OpenLease* lease;
    std::uint32_t place;
  };

  static void run_units(void* argument) {
    auto& self = *static_cast<Fiber*>(argument);
    const Start start = *static_cast<const Start*>(self.work);
    Processors::begin_fiber(self);
    void* source = start.lease;
    std::uint32_t place = start.place;
    do {
      start.feed.run_unit(self, *static_cast<OpenLease*>(source), place);
    } while (start.feed.take_another(source, place));
    start.feed.processors_.end_fiber(self);
  }

  bool take_another(void*& source, std::uint32_t& place) {
    if (!processors_.take_fresh(*this_carrier_thread(), source, place)) {
      return false;
    }
    about_to_run(*static_cast<OpenLease*>(source), place);
    return true;
  }

  [[gnu::always_inline]] void run_unit(Fiber& self, OpenLease& lease, std::uint32_t place) {
    Sums sums{};
    Unit unit(carrier_, seed(), lease.lease().first_unit + place, lease.lease().slot(place), sums);
    self.unit = unit.index();
    RootEnd end;
    try {
      job().body(unit).start_and_forget(end);
      STRATA_CHECK(end.done, "a unit suspended its frame on a stack", unit.index());
    } catch (...) {  // No memory for its frame, or a body() that is no coroutine.
      end.error = std::current_exception();
    }
    // On a fiber: Processors::here() is asked anew, the unit may have moved.
    ended(account_of(Processors::here()), lease, unit, end.error);
  }

  Processors& processors_;
  StackCarrier carrier_;
};

}  // namespace

std::unique_ptr<Executor> make_green_executor(const ExecutorConfig& config) {
  return make_many_executor<StackFeed>("green", config);
}

}  // namespace strata
