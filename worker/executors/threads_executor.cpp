// `threads`: an OS thread for each unit, as a C program does with pthread_create. At most G are
// alive, or T when G is 0.
#include <memory>

#include "worker/executors/executors.h"
#include "worker/executors/unit_threads.h"

namespace strata {
namespace {

class ThreadsExecutor final : public Executor {
 public:
  explicit ThreadsExecutor(const ExecutorConfig& config) : config_(config) {}

  void run(WorkSource& source) override {
    ThreadCarrier carrier;
    peak_os_threads_ = run_on_threads(config_, carrier, source);
  }
  [[nodiscard]] std::uint32_t peak_os_threads() const override { return peak_os_threads_; }

 private:
  const ExecutorConfig config_;
  std::uint32_t peak_os_threads_ = 0;
};

}  // namespace

std::unique_ptr<Executor> make_threads_executor(const ExecutorConfig& config) {
  return std::make_unique<ThreadsExecutor>(config);
}

}  // namespace strata
