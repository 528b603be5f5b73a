#include "coordinator/measure/sweep.h"

#include <algorithm>
#include <utility>

#include "shared/os/clock.h"
#include "shared/os/interruption.h"
#include "shared/stats/shuffle.h"
#include "shared/unit/kernel.h"

namespace strata {
namespace {

using Values = std::map<std::string, std::string, std::less<>>;

// One measurement for all rows: they must do the same operations.
double calibrate_for(const SweepPlan& plan) {
  const bool needed = std::any_of(plan.rows.begin(), plan.rows.end(), [&](const SweepRow& row) {
    return plan.workload->calibrated(row.parameters);
  });
  return needed ? calibrate_operations_per_us() : 0;
}

// What is left, from what each row took so far; rows not yet seen count like the mean of the seen.
class Remaining {
 public:
  explicit Remaining(std::size_t rows) : took_s_(rows, 0), count_(rows, 0) {}
  void add(std::size_t row, double took_s) {
    took_s_[row] += took_s;
    ++count_[row];
  }
  [[nodiscard]] double seconds(std::size_t rounds) const {
    double known = 0;
    double left = 0;
    std::size_t seen = 0;
    for (std::size_t row = 0; row < took_s_.size(); ++row) {
      if (count_[row] > 0) {
        known += took_s_[row] / static_cast<double>(count_[row]);
        ++seen;
      }
    }
    if (seen == 0) {
      return -1;
    }
    for (std::size_t row = 0; row < took_s_.size(); ++row) {
      const double each = count_[row] > 0 ? took_s_[row] / static_cast<double>(count_[row])
                                          : known / static_cast<double>(seen);
      left += each * static_cast<double>(rounds - count_[row]);
    }
    return left;
  }

 private:
  std::vector<double> took_s_;
  std::vector<std::size_t> count_;
};

TrialSample sample_of(const RunResult& run) {
  TrialSample sample;
  sample.run = run.run;
  sample.makespan_s = run.makespan_s;
  sample.launch_s = run.launch_s;
  sample.cpu_s = run.cpu_s;
  sample.voluntary_switches = run.voluntary_switches;
  sample.involuntary_switches = run.involuntary_switches;
  sample.pss_bytes = run.pss_bytes;
  sample.units = run.units_completed;
  sample.retried = run.units_retried;
  return sample;
}

std::optional<Error> failure_in(const Result<RunResult>& result, const Layout& layout) {
  if (!result) {
    return result.error();
  }
  const bool wrong = result->outcome.check == Check::kFailed;
  if (result->failure.empty() && !wrong) {
    return std::nullopt;
  }
  std::string why = result->failure.empty() ? result->outcome.detail : result->failure;
  return Error{Exit::kFailed,
               result->workload + ": a trial of " + short_name(layout) + " failed: " + why};
}

}  // namespace

SweepResult run_sweep(SweepPlan plan, const SweepSettings& settings, const RunTrial& run_trial,
                      const std::function<void(const SweepProgress&)>& progress) {
  hold_interruptions();
  SweepResult result;
  result.plan = std::move(plan);
  result.settings = settings;
  const std::vector<SweepRow>& rows = result.plan.rows;
  const std::uint64_t begin_ns = now_ns();
  const double operations_per_us = calibrate_for(result.plan);
  const auto orders = round_orders(rows.size(), settings.rounds, settings.seed);
  std::map<Values, std::string> references;  // By parameters: all else is the same in a sweep.
  Remaining remaining(rows.size());

  for (std::size_t round = 0; round < orders.size() && !result.stopped; ++round) {
    for (std::size_t order = 0; order < rows.size() && !result.stopped; ++order) {
      const SweepRow& row = rows[orders[round][order]];
      progress({round, settings.rounds, result.samples.size(), rows.size() * settings.rounds, &row,
                remaining.seconds(settings.rounds)});
      TrialRequest request;
      request.workload = result.plan.workload;
      request.parameters = row.parameters;
      request.layout = row.layout;
      request.seed = settings.seed;
      request.operations_per_us = operations_per_us;
      request.timeout_s = settings.timeout_s;
      request.speculate = false;
      request.reference = [&references, &row](Job& job) {
        const auto known = references.find(row.parameters.all());
        return known != references.end()
                   ? known->second
                   : references.emplace(row.parameters.all(), job.reference()).first->second;
      };
      const std::uint64_t trial_ns = now_ns();
      const Result<RunResult> run = run_trial(request, {}, trial_ns);
      result.stopped = failure_in(run, row.layout);
      if (!result.stopped) {
        TrialSample sample = sample_of(*run);
        sample.round = round;
        sample.order = order;
        sample.row = orders[round][order];
        remaining.add(sample.row, seconds_between(trial_ns, now_ns()));
        if (result.run.empty()) {
          result.run = sample.run;
        }
        result.samples.push_back(std::move(sample));
      }
    }
  }
  result.took_s = seconds_between(begin_ns, now_ns());
  return result;
}

}  // namespace strata
