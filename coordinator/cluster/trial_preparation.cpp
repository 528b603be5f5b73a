#include "coordinator/cluster/trial_preparation.h"

#include <utility>

#include "shared/unit/kernel.h"

namespace strata {

TrialPreparation::TrialPreparation(EventLoop& loop, Job& job, const TrialRequest& request,
                                   const std::atomic<bool>& cancelled, Told told)
    : job_(job),
      request_(request),
      cancelled_(cancelled),
      told_(std::move(told)),
      uncalibrated_(request.operations_per_us == 0 &&
                    request.workload->calibrated(request.parameters)),
      operations_per_us_(request.operations_per_us),
      off_loop_(loop) {}

void TrialPreparation::begin() { make_plan(); }

void TrialPreparation::workers_ready() {
  workers_ready_ = true;
  go_on();
}

void TrialPreparation::end_early(std::function<void()> then) {
  if (off_loop_.busy()) {
    ended_ = std::move(then);
  } else {
    ended_ = [] {};
    then();
  }
}

void TrialPreparation::make_plan() {
  PlanContext context;
  context.seed = request_.seed;
  context.operations_per_us = operations_per_us_;
  context.cancelled = &cancelled_;
  const auto started =
      off_loop_.run([this, context] { plan_.emplace(job_.plan(context)); }, [this] { on_plan(); });
  if (!started) {
    told_.failed(started.error());
  }
}

void TrialPreparation::on_plan() {
  if (ended_) {
    ended_();
    return;
  }
  if (!*plan_) {
    told_.failed(plan_->error());
    return;
  }
  if (!std::exchange(planned_, true)) {
    told_.planned(plan());
  }
  go_on();
}

// With the same plan again as its result.
void TrialPreparation::calibrate() {
  uncalibrated_ = false;
  const auto started = off_loop_.run([this] { operations_per_us_ = calibrate_operations_per_us(); },
                                     [this] {
                                       if (ended_) {
                                         ended_();
                                       } else {
                                         make_plan();
                                       }
                                     });
  if (!started) {
    told_.failed(started.error());
  }
}

void TrialPreparation::go_on() {
  if (ended_ || !workers_ready_ || !planned_ || off_loop_.busy()) {
    return;
  }
  if (uncalibrated_) {
    calibrate();
  } else {
    told_.prepared();
  }
}

}  // namespace strata
