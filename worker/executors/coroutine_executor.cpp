// `coroutine`: units are stackless frames, many on each of T processors.
//
// A unit that waits is a frame and its cell: nothing else is kept. What suspends is always the
// innermost coroutine; its awaiters go on by symmetric transfer when it ends, without a queue.
#include <memory>
#include <new>
#include <string>
#include <system_error>
#include <utility>

#include "shared/os/clock.h"
#include "shared/unit/frame_pool.h"
#include "shared/unit/join.h"
#include "shared/unit/kernel.h"
#include "worker/executors/executors.h"
#include "worker/executors/many_executor.h"
#include "worker/executors/unit_feed.h"

namespace strata {
namespace {

class FrameCarrier final : public Carrier {
 public:
  explicit FrameCarrier(Processors& processors)
      : Carrier(ForkWay::kFrames), processors_(processors) {}

  bool compute(std::uint64_t seed, std::uint64_t index, std::uint64_t operations,
               std::uint64_t& value) override {
    value = compute_kernel(seed, index, operations);
    return true;
  }

  bool sleep(std::chrono::nanoseconds /*duration*/) override { return false; }
  void sleep_later(std::chrono::nanoseconds duration, std::coroutine_handle<> unit) override {
    if (duration.count() <= 0) {
      processors_.make_ready_last(Runnable(unit));
    } else {
      processors_.add_sleeper(now_ns() + static_cast<std::uint64_t>(duration.count()),
                              Runnable(unit));
    }
  }

  bool yield() override { return false; }
  std::coroutine_handle<> yield_later(std::coroutine_handle<> unit) override {
    return processors_.yield_frame(unit);
  }

  void enter_blocking() override { processors_.enter_blocking(); }
  bool leave_blocking() override { return processors_.leave_blocking(); }
  void leave_blocking_later(std::coroutine_handle<> unit) override {
    processors_.make_ready(Runnable(unit));
  }

  bool park(Waiter& /*waiter*/) override { return false; }
  void park_later(Waiter& waiter, std::coroutine_handle<> unit) override {
    processors_.park(waiter, Runnable(unit));
  }
  void unpark(Waiter& waiter) override { processors_.unpark(waiter); }
  void cancel_parked() override { processors_.cancel_parked(); }
  bool watch(Watched& watched) override {
    processors_.watch(watched);
    return true;
  }

  void push_fork(std::coroutine_handle<> parent) override {
    processors_.push_fork(*thread_of_this_stack().processor, Runnable(parent));
  }
  std::coroutine_handle<> end_fork(Join& join) override {
    const std::coroutine_handle<> parent = join.parent();
    if (Processors::pop_fork(*thread_of_this_stack().processor, Runnable(parent))) [[likely]] {
      join.came_back();
      return parent;
    }
    return join.child_ended() ? parent : std::noop_coroutine();
  }

 private:
  Processors& processors_;
};

class FrameFeed final : public UnitFeed {
 public:
  explicit FrameFeed(Processors& processors)
      : UnitFeed(processors), processors_(processors), carrier_(processors) {}

  Carrier& carrier() override { return carrier_; }

  void forget(Processor& processor) override {
    if (void* spare = std::exchange(processor.spare_cell, nullptr)) {
      free_cell(static_cast<Cell*>(spare));
    }
  }

  // A unit that ends before this stack is back here, as one that never waits does, is accounted for
  // by this loop, and its cell serves the next.
  void begin(void* source, std::uint32_t place) override {
    CarrierThread& me = thread_of_this_stack();
    Processor* processor = me.processor;
    Account* account = &account_of(*processor);
    auto* cell = static_cast<Cell*>(std::exchange(processor->spare_cell, nullptr));
    do {
      auto& lease = *static_cast<OpenLease*>(source);
      about_to_run(lease, place);
      if (cell != nullptr && &cell->lease == &lease) [[likely]] {
        cell->unit.become(lease.lease().first_unit + place, lease.lease().slot(place));
      } else {
        cell = new_cell(cell, lease, place);
      }
      me.beginning = cell;
      try {
        job().body(cell->unit).start_and_forget(*cell);
      } catch (...) {  // No memory for its frame, or a body() that is no coroutine.
        cell->error = std::current_exception();
        Cell::finish(*cell);
      }
      if (me.beginning == nullptr) [[likely]] {
        if (me.processor != processor) [[unlikely]] {
          processor = me.processor;
          account = &account_of(*processor);
        }
        account_for(*cell, *account);
      } else {
        me.beginning = cell = nullptr;  // It waits, or went on elsewhere.
      }
    } while (processors_.take_fresh(me, source, place));
    if (cell != nullptr) {
      keep_cell(*cell, *me.processor);
    }
  }

 private:
  // A unit, from its beginning to its end; it may begin on one processor and end on another.
  struct Cell : RootEnd {
    Cell(FrameCarrier& carrier, OpenLease& from, std::uint32_t place)
        : lease(from),
          unit(carrier, from.feed.seed(), from.lease().first_unit + place,
               from.lease().slot(place)) {
      ended = finish;
    }
    static void finish(RootEnd& end) noexcept {
      auto* cell = static_cast<Cell*>(&end);
      CarrierThread& me = thread_of_this_stack();
      if (me.beginning == cell) [[likely]] {
        me.beginning = nullptr;  // The rest is seen to by begin().
        return;
      }
      account_for(*cell, cell->lease.feed.account_of(*me.processor));
      keep_cell(*cell, *me.processor);
    }
    OpenLease& lease;
    Unit unit;
  };

  [[gnu::always_inline]] static void account_for(Cell& cell, Account& account) noexcept {
    if (cell.error || !cell.lease.feed.ended_as_usual(account, cell.lease, cell.unit))
        [[unlikely]] {
      account_slowly(cell, account);
    }
  }
  [[gnu::noinline]] static void account_slowly(Cell& cell, Account& account) noexcept {
    cell.lease.feed.ended(account, cell.lease, cell.unit, cell.error);
    cell.error = nullptr;
  }
  static void keep_cell(Cell& cell, Processor& processor) noexcept {
    if (processor.spare_cell == nullptr) {
      processor.spare_cell = &cell;
    } else {
      free_cell(&cell);
    }
  }
  static void free_cell(Cell* cell) noexcept {
    cell->~Cell();
    frame_free(cell, sizeof(Cell));
  }
  // `spare`: a cell that fits no more, or null.
  [[gnu::noinline]] Cell* new_cell(Cell* spare, OpenLease& lease, std::uint32_t place) {
    if (spare != nullptr) {
      free_cell(spare);
    }
    return new (frame_allocate(sizeof(Cell))) Cell(carrier_, lease, place);
  }

  Processors& processors_;
  FrameCarrier carrier_;
};

}  // namespace

std::unique_ptr<Executor> make_coroutine_executor(const ExecutorConfig& config) {
  return make_many_executor<FrameFeed>("coroutine", config);
}

}  // namespace strata
