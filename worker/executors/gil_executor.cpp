// `gil`: an OS thread for each unit, of which one runs: each must hold one global lock (gil.h), as
// the threads of CPython do. At most G are alive, or T when G is 0.
//
// The lock is dropped around whatever blocks, and every few microseconds of compute() when another
// unit has asked for it. A body that works without compute() holds the lock until it does, as an
// extension of Python in C does that never releases it.
#include <algorithm>
#include <memory>

#include "shared/unit/kernel.h"
#include "worker/executors/executors.h"
#include "worker/executors/gil.h"
#include "worker/executors/unit_threads.h"

namespace strata {
namespace {

// About 5 us at 13 GFLOP/s: far below any switch interval, and long enough for the check (a load)
// and the registers to be saved and loaded to cost less than 0.3 %.
constexpr std::uint64_t kSliceSteps = 1024;

class GilCarrier final : public ThreadCarrier {
 public:
  explicit GilCarrier(const ExecutorConfig& config)
      : gil_(config.gil_interval), release_compute_(config.gil_release_compute) {}

  void begin_unit() override { gil_.take(); }
  void end_unit() override { gil_.drop(); }

  bool compute(std::uint64_t seed, std::uint64_t index, std::uint64_t operations,
               std::uint64_t& value) override {
    const std::uint64_t steps = operations / kKernelStepOperations;
    if (release_compute_ && steps > kSliceSteps) {
      const GilDropped dropped(gil_);
      return BlockingCarrier::compute(seed, index, operations, value);
    }
    gil_.checkpoint();
    if (steps <= kSliceSteps) {
      return BlockingCarrier::compute(seed, index, operations, value);
    }
    Swing work(detail::start_of(seed, index));
    for (std::uint64_t done = 0; done < steps; done += kSliceSteps) {
      work.advance(std::min(kSliceSteps, steps - done));
      gil_.checkpoint();
    }
    value = work.value();
    return true;
  }
  bool sleep(std::chrono::nanoseconds duration) override {
    const GilDropped dropped(gil_);
    return BlockingCarrier::sleep(duration);
  }
  bool yield() override {
    gil_.give_way();
    return true;
  }
  void enter_blocking() override { gil_.drop(); }
  bool leave_blocking() override {
    gil_.take();
    return true;
  }
  bool park(Waiter& waiter) override {
    const GilDropped dropped(gil_);
    return BlockingCarrier::park(waiter);
  }
  bool park_in_poll(Waiter& waiter, int fd, short events) override {
    const GilDropped dropped(gil_);
    return BlockingCarrier::park_in_poll(waiter, fd, events);
  }

 private:
  Gil gil_;
  const bool release_compute_;
};

class GilExecutor final : public Executor {
 public:
  explicit GilExecutor(const ExecutorConfig& config) : config_(config) {}

  void run(WorkSource& source) override {
    GilCarrier carrier(config_);
    peak_os_threads_ = run_on_threads(config_, carrier, source);
  }
  [[nodiscard]] std::uint32_t peak_os_threads() const override { return peak_os_threads_; }

 private:
  const ExecutorConfig config_;
  std::uint32_t peak_os_threads_ = 0;
};

}  // namespace

std::unique_ptr<Executor> make_gil_executor(const ExecutorConfig& config) {
  return std::make_unique<GilExecutor>(config);
}

}  // namespace strata
