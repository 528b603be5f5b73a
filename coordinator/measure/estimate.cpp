#include "coordinator/measure/estimate.h"

#include <algorithm>
#include <atomic>
#include <ctime>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "shared/os/clock.h"
#include "shared/unit/carrier.h"
#include "shared/unit/executor_table.h"

namespace strata {
namespace {

// Measured with posix_spawn on a guest of two CPUs; the order of magnitude is what matters.
constexpr double kLaunchSeconds = 0.004;
constexpr double kLaunchWorkerSeconds = 0.0007;
constexpr std::uint64_t kMostProbes = 1000;

double cpu_s(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

Error fails(const Workload& workload, const std::string& unit) {
  return {Exit::kFailed, std::string(workload.name) + ": " + unit +
                             " fails, so the time cannot be estimated; run it first"};
}

// Runs a unit to its end on this thread. False when its body threw.
bool run_unit(const Job& job, std::uint64_t seed, std::uint64_t index, std::span<std::byte> slot) {
  BlockingCarrier carrier;
  Unit unit(carrier, seed, index, slot);
  Co<void> body = job.body(unit);
  body.start();
  return body.done() && !body.error();
}

// Units that wait for each other can only be tried all at once, each on a thread.
Result<JobCost> try_group(const Workload& workload, const Job& job, const Plan& plan,
                          std::uint64_t seed) {
  std::vector<std::byte> slots(plan.units * plan.slot_bytes);
  std::atomic<bool> good{true};
  const std::uint64_t begin_ns = now_ns();
  const double begin_cpu_s = cpu_s(CLOCK_PROCESS_CPUTIME_ID);
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t unit = 0; unit < plan.units; ++unit) {
      threads.emplace_back([&, unit] {
        const std::span<std::byte> all(slots);
        if (!run_unit(job, seed, unit, all.subspan(unit * plan.slot_bytes, plan.slot_bytes))) {
          good.store(false, std::memory_order_relaxed);  // Joining the thread orders it.
        }
      });
    }
  }
  if (!good.load(std::memory_order_relaxed)) {
    return fails(workload, "a unit");
  }
  const double wall_s = seconds_between(begin_ns, now_ns());
  // So that as many units as are alive at one time take the time that they took here.
  return JobCost{plan.units, wall_s * static_cast<double>(plan.units),
                 cpu_s(CLOCK_PROCESS_CPUTIME_ID) - begin_cpu_s};
}

}  // namespace

Result<JobCost> estimate_job(const Workload& workload, const Parameters& parameters,
                             std::uint64_t seed, double operations_per_us, double budget_s) {
  PlanContext context;
  context.seed = seed;
  context.operations_per_us = operations_per_us;
  Result<Plan> plan = workload.make(parameters)->plan(context);
  if (!plan) {
    return plan.error();
  }
  const std::unique_ptr<Job> job = workload.make(parameters);
  if (const Status opened = job->open(plan->input, operations_per_us); !opened) {
    return opened.error();
  }
  if (plan->group != 0) {
    return try_group(workload, *job, *plan, seed);
  }
  const auto weight_of = [&plan](std::uint64_t unit) {
    return plan->weights.empty() ? 1.0 : static_cast<double>(plan->weights[unit]);
  };
  const double whole = plan->weights.empty()
                           ? static_cast<double>(plan->units)
                           : std::accumulate(plan->weights.begin(), plan->weights.end(), 0.0,
                                             [](double sum, std::uint64_t weight) {
                                               return sum + static_cast<double>(weight);
                                             });
  // Evenly over the job, so that a part which is heavier counts as much as it should.
  const std::uint64_t probes = std::min(plan->units, kMostProbes);
  // A prime stride, coprime to the count: stopping early still covers the whole job.
  const std::uint64_t stride = probes % 619 == 0 ? 617 : 619;
  std::vector<std::byte> slot(plan->slot_bytes);
  double tried = 0;
  const std::uint64_t begin_ns = now_ns();
  const double begin_cpu_s = cpu_s(CLOCK_THREAD_CPUTIME_ID);
  for (std::uint64_t i = 0; i < probes; ++i) {
    const std::uint64_t place = i * stride % probes;
    const std::uint64_t unit = place * (plan->units / probes);
    std::fill(slot.begin(), slot.end(), std::byte{0});
    if (!run_unit(*job, seed, unit, slot)) {
      return fails(workload, "unit " + std::to_string(unit));
    }
    tried += weight_of(unit);
    if (seconds_between(begin_ns, now_ns()) > budget_s) {
      break;
    }
  }
  const double scale = tried > 0 ? whole / tried : 1;
  return JobCost{plan->units, seconds_between(begin_ns, now_ns()) * scale,
                 (cpu_s(CLOCK_THREAD_CPUTIME_ID) - begin_cpu_s) * scale};
}

double estimate_trial_s(const JobCost& job, const Layout& layout, unsigned usable_cpus) {
  const ExecutorInfo* const executor = find_executor_info(layout.executor);
  const double workers = layout.hosts * layout.processes;
  const double in_a_worker = executor == nullptr
                                 ? 1
                                 : static_cast<double>(alive_at_most(
                                       *executor, layout, std::max<std::uint64_t>(1, job.units)));
  const double alive = std::max(1.0, workers * in_a_worker);
  const double busy = std::min({alive, static_cast<double>(usable_cpus),
                                static_cast<double>(std::max<std::uint64_t>(1, job.units))});
  return kLaunchSeconds + kLaunchWorkerSeconds * workers +
         std::max(job.wall_s / alive, job.cpu_s / busy);
}

}  // namespace strata
