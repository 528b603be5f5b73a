// What comes before a trial: its plan, which is made while the workers start, and the calibration
// where one is needed, which waits until they are ready and idle, so that nothing else runs.
#pragma once
#include <atomic>
#include <functional>
#include <optional>

#include "coordinator/cluster/off_loop.h"
#include "coordinator/cluster/trial.h"
#include "shared/base/result.h"
#include "shared/os/event_loop.h"
#include "shared/workloads/workload.h"

namespace strata {

class TrialPreparation {
 public:
  // Calls on the loop's thread; the last one is prepared() or failed().
  struct Told {
    std::function<void(const Plan& plan)> planned;  // Its units will not change any more.
    std::function<void()> prepared;                 // plan() is final and the workers are ready.
    std::function<void(Error error)> failed;
  };

  // `job`, `request` and `cancelled`, which the job reads on another thread, outlive this.
  TrialPreparation(EventLoop& loop, Job& job, const TrialRequest& request,
                   const std::atomic<bool>& cancelled, Told told);

  void begin();
  void workers_ready();
  // Nothing is told from now on, except then(), once no work is under way: at once, or when the
  // work that is has seen `cancelled`.
  void end_early(std::function<void()> then);

  // Once prepared.
  [[nodiscard]] const Plan& plan() const { return **plan_; }
  [[nodiscard]] double operations_per_us() const { return operations_per_us_; }

 private:
  void make_plan();
  void on_plan();
  void calibrate();
  void go_on();

  Job& job_;
  const TrialRequest& request_;
  const std::atomic<bool>& cancelled_;
  const Told told_;
  bool uncalibrated_;
  double operations_per_us_;          // As plan_
  std::optional<Result<Plan>> plan_;  // Written off the loop, read after it is back
  bool planned_ = false;              // The first plan was told.
  bool workers_ready_ = false;
  std::function<void()> ended_;  // Of end_early()
  OffLoop off_loop_;             // The last: its destructor waits for work that uses the others
};

}  // namespace strata
