// wait: units that only block, as a program does that waits for a disk or for an answer.
//
// On one core as on a hundred, a thousand of them take as long as one of them if the executor can
// keep a thousand alive: concurrency without parallelism. What is counted is the time that each
// unit measured, so that a unit which wakes late shows.
#include <chrono>
#include <cmath>

#include "shared/os/clock.h"
#include "shared/workloads/common.h"
#include "shared/workloads/figures.h"
#include "shared/workloads/workload.h"

namespace strata {
namespace {

constexpr ParameterSpec kParameters[] = {{.name = "units",
                                          .type = ParameterType::kInteger,
                                          .low = 1,
                                          .high = 1e8,
                                          .fallback = "100",
                                          .summary = "how many units there are"},
                                         {.name = "ms",
                                          .type = ParameterType::kReal,
                                          .unit = "ms",
                                          .low = 0,
                                          .high = 3.6e6,
                                          .fallback = "10",
                                          .summary = "how long each unit blocks"}};

constexpr ResultField kFields[] = {
    {"waited_s", "s", "time that units were blocked, all units together, as each measured it"},
    {"concurrency", "", "units blocked at once, on average: waited_s over the makespan"},
    {"late_ms", "ms", "how much longer than asked a unit was blocked, on average"}};

class WaitJob final : public Job {
 public:
  explicit WaitJob(const Parameters& parameters)
      : units_(parameters.integer("units")), wait_(std::llround(parameters.real("ms") * 1e6)) {}

  Result<Plan> plan(const PlanContext& /*context*/) override {
    return Plan{.units = units_, .slot_bytes = 0, .unit_noun = "units"};
  }

  Co<void> body(Unit& unit) const override {
    const std::uint64_t begin_ns = now_ns();
    co_await unit.sleep(wait_);
    const std::uint64_t waited_ns = now_ns() - begin_ns;
    unit.add(kWaitedNs, waited_ns);
    unit.add(kUnits, 1);
    unit.add(kTooShort, waited_ns < static_cast<std::uint64_t>(wait_.count()) ? 1 : 0);
  }

  Outcome finish(const Results& results, const std::string& /*reference*/) override {
    const double waited_s = static_cast<double>(results.sums[kWaitedNs]) * 1e-9;
    const double asked_s =
        static_cast<double>(results.sums[kUnits]) * std::chrono::duration<double>(wait_).count();
    const double late_ms =
        per_second(waited_s - asked_s, static_cast<double>(results.sums[kUnits])) * 1e3;
    const double concurrency = per_second(waited_s, results.makespan_s);
    Outcome outcome;
    outcome.fields = {{"waited_s", waited_s}, {"concurrency", concurrency}, {"late_ms", late_ms}};
    outcome.headline =
        in_seconds(waited_s) + " waited   " + three_digits(concurrency) + " units blocked at once";
    outcome.check = Check::kFailed;
    if (const auto missing = missing_units(results, units_, "units")) {
      outcome.detail = *missing;
    } else if (results.sums[kUnits] != units_) {
      outcome.detail = grouped(results.sums[kUnits]) + " units say that they waited, there are " +
                       grouped(units_);
    } else if (results.sums[kTooShort] != 0) {
      outcome.detail = grouped(results.sums[kTooShort]) + " units were blocked for less than " +
                       in_seconds(std::chrono::duration<double>(wait_).count());
    } else {
      outcome.check = Check::kOk;
      outcome.detail = "each of " + grouped(units_) + " units was blocked for at least " +
                       in_seconds(std::chrono::duration<double>(wait_).count());
    }
    return outcome;
  }

 private:
  enum Sum : std::uint8_t { kWaitedNs, kUnits, kTooShort };

  std::uint64_t units_;
  std::chrono::nanoseconds wait_;
};

}  // namespace

extern const Workload wait_workload = {
    .name = "wait",
    .summary = "units that only block: how many can wait at once",
    .parameters = kParameters,
    .result_fields = kFields,
    .weak_parameter = "units",
    .make = make_job<WaitJob>};

}  // namespace strata
