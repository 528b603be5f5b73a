// `serial`: one thread, one unit after another. The baseline of every comparison, so it is nothing
// but the loop.
#include <memory>

#include "shared/os/pinned_thread.h"
#include "worker/executors/executors.h"
#include "worker/executors/unit_runner.h"

namespace strata {
namespace {

class SerialExecutor final : public Executor {
 public:
  explicit SerialExecutor(const ExecutorConfig& config)
      : cpu_(cpu_of_carrier(config.carrier_cpus, 0)), outside_wakers_(config.outside_wakers) {}

  void run(WorkSource& source) override {
    const PinnedThread pinned(cpu_);
    run_all(source, outside_wakers_);
  }
  [[nodiscard]] std::uint32_t peak_os_threads() const override { return 1; }

 private:
  const int cpu_;
  const bool outside_wakers_;
};

}  // namespace

std::unique_ptr<Executor> make_serial_executor(const ExecutorConfig& config) {
  return std::make_unique<SerialExecutor>(config);
}

}  // namespace strata
