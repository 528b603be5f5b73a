// compute: floating-point work and nothing else, in units of equal or deliberately unequal length.
//
// The length of a unit is given in microseconds and calibrated to operations once a run, so that
// every layout does the same work. With `imbalance` m, unit i takes grain * f(u), where u in [0, 1)
// comes from (seed, i) and
//
//     f(u) = (1 + m) / (1 + m u)^2
//
// lies between 1/(1+m) and 1+m, has mean 1, and makes a few units heavy and many light. It is
// computed with additions, multiplications and divisions only, so that it is the same to the last
// bit on every machine. Shards are cut without knowing it: that some are heavier is the lesson.
#include <cmath>

#include "shared/unit/kernel.h"
#include "shared/workloads/common.h"
#include "shared/workloads/figures.h"
#include "shared/workloads/workload.h"

namespace strata {
namespace {

constexpr ParameterSpec kParameters[] = {
    {.name = "units",
     .type = ParameterType::kInteger,
     .low = 1,
     .high = 1e9,
     .fallback = "2000",
     .summary = "how many units there are"},
    {.name = "grain",
     .type = ParameterType::kReal,
     .unit = "us",
     .low = 0,
     .high = 1e6,
     .fallback = "100",
     .summary = "the time one unit computes, on one core alone; 0: empty units"},
    {.name = "imbalance",
     .type = ParameterType::kReal,
     .low = 0,
     .high = 10,
     .fallback = "0",
     .summary = "how unequal units are: each takes between 1/(1+m) and 1+m times the grain"}};

constexpr ResultField kFields[] = {
    {"gflops", "GFLOP/s", "floating-point operations a second, over the makespan"},
    {"operations", "", "floating-point operations in all"},
    {"units_per_s", "1/s", "units a second, over the makespan"},
    {"checksum", "", "the sum of all units' values, equal to the serial one"}};

class ComputeJob final : public Job {
 public:
  explicit ComputeJob(const Parameters& parameters)
      : units_(parameters.integer("units")),
        grain_us_(parameters.real("grain")),
        imbalance_(parameters.real("imbalance")) {}

  Result<Plan> plan(const PlanContext& context) override {
    seed_ = context.seed;
    operations_per_us_ = context.operations_per_us;
    return Plan{.units = units_, .slot_bytes = 0, .unit_noun = "units"};
  }

  Status open(std::span<const std::byte> /*input*/, double operations_per_us) override {
    operations_per_us_ = operations_per_us;
    return Ok{};
  }

  Co<void> body(Unit& unit) const override {
    const std::uint64_t operations = operations_of(unit.seed(), unit.index());
    unit.add(kValue, co_await unit.compute(operations));
    unit.add(kOperations, operations);
  }

  std::string reference() override {
    std::uint64_t value = 0;
    std::uint64_t operations = 0;
    for (std::uint64_t unit = 0; unit < units_; ++unit) {
      const std::uint64_t of_unit = operations_of(seed_, unit);
      value += compute_kernel(seed_, unit, of_unit);
      operations += of_unit;
    }
    return answer(value, operations);
  }

  Outcome finish(const Results& results, const std::string& reference) override {
    const std::uint64_t operations = results.sums[kOperations];
    const std::string checksum = hexadecimal(results.sums[kValue]);
    const double gflops = per_second(static_cast<double>(operations), results.makespan_s) * 1e-9;
    const double rate = per_second(static_cast<double>(results.completed), results.makespan_s);
    Outcome outcome;
    outcome.fields = {{"gflops", gflops},
                      {"operations", operations},
                      {"units_per_s", rate},
                      {"checksum", checksum}};
    outcome.headline = (operations > 0 ? three_digits(gflops) + " GFLOP/s"
                                       : three_digits(rate * 1e-6) + " million empty units/s") +
                       "   checksum " + shortened(checksum);
    outcome.check = Check::kFailed;
    if (const auto missing = missing_units(results, units_, "units")) {
      outcome.detail = *missing;
    } else if (answer(results.sums[kValue], operations) != reference) {
      outcome.detail = "checksum and operations are " + answer(results.sums[kValue], operations) +
                       ", the serial run gives " + reference;
    } else {
      outcome.check = Check::kOk;
      outcome.detail = "the checksum of " + grouped(units_) + " units equals the serial one";
    }
    return outcome;
  }

 private:
  enum Sum : std::uint8_t { kValue, kOperations };

  // A whole number of the kernel's steps, so that what is counted is what is done.
  [[nodiscard]] std::uint64_t operations_of(std::uint64_t seed, std::uint64_t unit) const {
    double wanted = grain_us_ * operations_per_us_;
    if (imbalance_ > 0) {
      // The kernel's value for no operations is a hash of its arguments: the upper 53 bits are u.
      const std::uint64_t bits = compute_kernel(~seed, unit, 0);
      const double u = static_cast<double>(bits >> 11U) * 0x1p-53;
      const double slope = 1 + imbalance_ * u;
      wanted *= (1 + imbalance_) / (slope * slope);
    }
    constexpr auto kStep = static_cast<double>(kKernelStepOperations);
    return static_cast<std::uint64_t>(std::llround(wanted / kStep)) * kKernelStepOperations;
  }

  static std::string answer(std::uint64_t value, std::uint64_t operations) {
    return hexadecimal(value) + " / " + grouped(operations);
  }

  std::uint64_t units_;
  double grain_us_;
  double imbalance_;
  std::uint64_t seed_ = 0;
  double operations_per_us_ = 0;
};

}  // namespace

extern const Workload compute_workload = {
    .name = "compute",
    .summary = "floating-point work of a chosen length: GFLOP/s",
    .parameters = kParameters,
    .result_fields = kFields,
    .weak_parameter = "units",
    .calibrated = [](const Parameters& parameters) { return parameters.real("grain") > 0; },
    .make = make_job<ComputeJob>};

}  // namespace strata
