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
  void yield_later(std::coroutine_handle<> unit) override { processors_.yield_frame(unit); }

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
  bool watch(Watched& watched) override {
    processors_.watch(watched);
    return true;
  }

  void push_fork(std::coroutine_handle<> parent) override {
    processors_.push_fork(Runnable(parent));
  }
  bool pop_fork(std::coroutine_handle<> parent) override {
    return processors_.pop_fork(Runnable(parent));
  }

 private:
  Processors& processors_;
};

class FrameFeed final : public UnitFeed {
 public:
  explicit FrameFeed(Processors& processors)
      : UnitFeed(processors), processors_(processors), carrier_(processors) {}

  void forget(Processor& processor) override {
    if (void* spare = std::exchange(processor.spare_cell, nullptr)) {
      frame_free(spare, sizeof(Cell));
    }
  }

  void begin(void* source, std::uint32_t place) override {
    do {
      auto& lease = *static_cast<OpenLease*>(source);
      about_to_run(lease, place);
      auto* cell = new (memory_for_a_cell()) Cell(*this, lease, place);
      try {
        job().body(cell->unit).start_and_forget(*cell);
      } catch (...) {  // No memory for its frame, or a body() that is no coroutine.
        cell->error = std::current_exception();
        Cell::finish(*cell);
      }
    } while (processors_.take_fresh(source, place));
  }

 private:
  // A unit, from its beginning to its end; it may begin on one processor and end on another.
  struct Cell : RootEnd {
    Cell(FrameFeed& of, OpenLease& from, std::uint32_t place)
        : feed(of),
          lease(from),
          unit(of.carrier_, of.seed(), from.lease().first_unit + place, from.lease().slot(place)) {
      ended = finish;
    }
    static void finish(RootEnd& end) noexcept {
      auto* cell = static_cast<Cell*>(&end);
      Processor& processor = Processors::here();
      cell->feed.ended(processor, cell->lease, cell->unit, cell->error);
      cell->~Cell();
      if (processor.spare_cell == nullptr) {
        processor.spare_cell = cell;
      } else {
        frame_free(cell, sizeof(Cell));
      }
    }
    FrameFeed& feed;
    OpenLease& lease;
    Unit unit;
  };

  // Units that never wait use the same cell again and again.
  static void* memory_for_a_cell() {
    void* spare = std::exchange(Processors::here().spare_cell, nullptr);
    return spare != nullptr ? spare : frame_allocate(sizeof(Cell));
  }

  Processors& processors_;
  FrameCarrier carrier_;
};

}  // namespace

std::unique_ptr<Executor> make_coroutine_executor(const ExecutorConfig& config) {
  return make_many_executor<FrameFeed>("coroutine", config);
}

}  // namespace strata
