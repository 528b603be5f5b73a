// crash: units that compute, and one that takes its worker with it.
//
// What it teaches: a process is the unit of failure. Units that shared the worker are lost with it
// and done again elsewhere, the unit that crashes is given up after three tries and named, and the
// others are done all the same.
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

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
     .fallback = "200",
     .summary = "how many units there are"},
    {.name = "grain",
     .type = ParameterType::kReal,
     .unit = "us",
     .low = 0,
     .high = 1e6,
     .fallback = "1000",
     .summary = "the time one unit computes; 0: empty units"},
    {.name = "at",
     .type = ParameterType::kInteger,
     .low = 0,
     .high = 1e9,
     .fallback = "100",
     .summary = "the unit that crashes, counted from 0; beyond the last: none"},
    {.name = "how",
     .type = ParameterType::kChoice,
     .fallback = "segv",
     .choices = "segv|abort|exit|throw|fpe|kill",
     .summary = "what the unit does: a signal, exit(7), or an exception that nobody catches"},
    {.name = "ms",
     .type = ParameterType::kReal,
     .unit = "ms",
     .low = 0,
     .high = 3.6e6,
     .fallback = "0",
     .summary = "how long the unit blocks before it crashes"}};

constexpr ResultField kFields[] = {
    {"crashing_unit", "", "the unit that was to crash its worker"},
    {"others_done", "", "units other than that one whose results were committed"}};

[[noreturn]] void crash(const std::string& how) {
  if (how == "throw") {
    throw std::runtime_error("this unit throws on purpose (how=throw)");
  }
  if (how == "exit") {
    _exit(7);
  }
  const int signal = how == "segv"   ? SIGSEGV
                     : how == "fpe"  ? SIGFPE
                     : how == "kill" ? SIGKILL
                                     : SIGABRT;
  // The default action even where a handler is installed: a unit that crashes must end its worker.
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  sigaction(signal, &action, nullptr);
  raise(signal);
  std::abort();  // Reached only where the signal is blocked.
}

class CrashJob final : public Job {
 public:
  explicit CrashJob(const Parameters& parameters)
      : units_(parameters.integer("units")),
        grain_us_(parameters.real("grain")),
        at_(parameters.integer("at")),
        how_(parameters.text("how")),
        before_(std::llround(parameters.real("ms") * 1e6)) {}

  Result<Plan> plan(const PlanContext& context) override {
    operations_per_us_ = context.operations_per_us;
    return Plan{.units = units_, .slot_bytes = 0, .unit_noun = "units"};
  }

  Status open(std::span<const std::byte> /*input*/, double operations_per_us) override {
    operations_per_us_ = operations_per_us;
    return Ok{};
  }

  Co<void> body(Unit& unit) const override {
    if (unit.index() == at_) {
      co_await unit.sleep(before_);
      crash(how_);
    }
    co_await unit.compute(static_cast<std::uint64_t>(grain_us_ * operations_per_us_));
    unit.add(0, 1);
  }

  Outcome finish(const Results& results, const std::string& /*reference*/) override {
    const std::uint64_t others = units_ - (at_ < units_ ? 1 : 0);
    const std::uint64_t done = results.sums[0];
    Outcome outcome;
    outcome.fields = {{"crashing_unit", at_}, {"others_done", done}};
    outcome.headline = grouped(done) + " of " + grouped(others) + " other units done";
    outcome.check = done == others ? Check::kOk : Check::kFailed;
    outcome.detail = outcome.headline;
    return outcome;
  }

 private:
  std::uint64_t units_;
  double grain_us_;
  std::uint64_t at_;
  std::string how_;
  std::chrono::nanoseconds before_;
  double operations_per_us_ = 0;
};

}  // namespace

extern const Workload crash_workload = {
    .name = "crash",
    .summary =
        "units that crash their worker on purpose, for learning what is lost and what is not",
    .parameters = kParameters,
    .result_fields = kFields,
    .weak_parameter = "units",
    .calibrated = [](const Parameters& parameters) { return parameters.real("grain") > 0; },
    .make = make_job<CrashJob>};

}  // namespace strata
