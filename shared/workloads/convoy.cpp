// convoy: one unit sleeps a millisecond, again and again, beside units that compute without end
// (hogs). By how much it wakes late shows what a hog costs its neighbours: nothing with a core to
// spare, the switch interval under a global lock, and all of its time where units are switched only
// when they wait.
//
// Hogs compute until the sleeper is through, or for `seconds` at most: on one processor that nobody
// takes from them the sleeper is not even begun before. With polite=yes a hog yields after every
// `slice`.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "shared/os/clock.h"
#include "shared/workloads/common.h"
#include "shared/workloads/figures.h"
#include "shared/workloads/workload.h"

namespace strata {
namespace {

constexpr ParameterSpec kParameters[] = {{.name = "hogs",
                                          .type = ParameterType::kInteger,
                                          .low = 0,
                                          .high = 1000,
                                          .fallback = "1",
                                          .summary = "units that compute beside the sleeper"},
                                         {.name = "sleeps",
                                          .type = ParameterType::kInteger,
                                          .low = 1,
                                          .high = 1e5,
                                          .fallback = "100",
                                          .summary = "how often the sleeper sleeps"},
                                         {.name = "ms",
                                          .type = ParameterType::kReal,
                                          .unit = "ms",
                                          .low = 0.001,
                                          .high = 1000,
                                          .fallback = "1",
                                          .summary = "how long each sleep is"},
                                         {.name = "slice",
                                          .type = ParameterType::kReal,
                                          .unit = "us",
                                          .low = 1,
                                          .high = 1e6,
                                          .fallback = "100",
                                          .summary = "how long a hog computes at one go"},
                                         {.name = "polite",
                                          .type = ParameterType::kChoice,
                                          .fallback = "no",
                                          .choices = "no|yes",
                                          .summary = "whether a hog yields after every slice"},
                                         {.name = "seconds",
                                          .type = ParameterType::kReal,
                                          .unit = "s",
                                          .low = 0.001,
                                          .high = 3600,
                                          .fallback = "5",
                                          .summary = "when hogs give up at the latest"}};

constexpr ResultField kFields[] = {
    {"late_p50_ms", "ms", "by how much a sleep ended late: half of them by less"},
    {"late_p90_ms", "ms", "nine of ten by less"},
    {"late_p99_ms", "ms", "ninety-nine of a hundred by less"},
    {"late_max_ms", "ms", "the latest"},
    {"sleeps", "", "sleeps that were timed, of all copies (one a worker)"},
    {"slices", "", "slices that the hogs computed"}};

class ConvoyJob final : public Job {
 public:
  explicit ConvoyJob(const Parameters& parameters)
      : hogs_(parameters.integer("hogs")),
        sleeps_(parameters.integer("sleeps")),
        sleep_(std::llround(parameters.real("ms") * 1e6)),
        slice_us_(parameters.real("slice")),
        polite_(parameters.text("polite") == "yes"),
        most_ns_(static_cast<std::uint64_t>(parameters.real("seconds") * 1e9)) {}

  [[nodiscard]] std::uint32_t group() const override {
    return static_cast<std::uint32_t>(hogs_ + 1);
  }
  Result<Plan> plan(const PlanContext& /*context*/) override {
    return Plan{
        .units = hogs_ + 1, .group = group(), .slot_bytes = sleeps_ * sizeof(std::uint64_t)};
  }
  Status open(std::span<const std::byte> /*input*/, double operations_per_us) override {
    slice_operations_ = static_cast<std::uint64_t>(slice_us_ * operations_per_us);
    return Ok{};
  }

  Co<void> body(Unit& unit) const override {
    if (unit.index() % (hogs_ + 1) != kSleeper) {
      const std::uint64_t begin_ns = now_ns();
      // Relaxed: only says that it is enough.
      while (!over_.load(std::memory_order_relaxed) && now_ns() - begin_ns < most_ns_) {
        co_await unit.compute(slice_operations_);
        unit.add(kSlices, 1);
        if (polite_) {
          co_await unit.yield();
        }
      }
      co_return;
    }
    const auto asked_ns = static_cast<std::uint64_t>(sleep_.count());
    for (std::uint64_t i = 0; i < sleeps_; ++i) {
      const std::uint64_t begin_ns = now_ns();
      co_await unit.sleep(sleep_);
      const std::uint64_t took_ns = now_ns() - begin_ns;
      unit.add(kTooShort, took_ns < asked_ns ? 1 : 0);
      const std::uint64_t late_ns = took_ns - std::min(took_ns, asked_ns);
      std::memcpy(unit.slot().data() + i * sizeof late_ns, &late_ns, sizeof late_ns);
    }
    unit.add(kSleeps, sleeps_);
    over_.store(true, std::memory_order_relaxed);
  }

  Outcome finish(const Results& results, const std::string& /*reference*/) override {
    std::vector<double> late_ms;
    for (const Piece& copy : results.pieces) {
      // The sleeper is the copy's first unit.
      for (std::uint64_t i = 0; i < sleeps_; ++i) {
        std::uint64_t late_ns = 0;
        std::memcpy(&late_ns, copy.slots + i * sizeof late_ns, sizeof late_ns);
        late_ms.push_back(static_cast<double>(late_ns) * 1e-6);
      }
    }
    std::sort(late_ms.begin(), late_ms.end());
    const double p50 = quantile(late_ms, 0.5);
    const double p99 = quantile(late_ms, 0.99);
    Outcome outcome;
    outcome.fields = {{"late_p50_ms", p50},
                      {"late_p90_ms", quantile(late_ms, 0.9)},
                      {"late_p99_ms", p99},
                      {"late_max_ms", quantile(late_ms, 1)},
                      {"sleeps", results.sums[kSleeps]},
                      {"slices", results.sums[kSlices]}};
    outcome.headline = "late by " + in_seconds(p50 * 1e-3) + " (p50), " + in_seconds(p99 * 1e-3) +
                       " (p99)   beside " + grouped(hogs_) + (hogs_ == 1 ? " hog" : " hogs");
    outcome.check = Check::kFailed;
    const std::uint64_t copies = results.copies;
    if (const auto missing = missing_units(results, (hogs_ + 1) * copies, "units")) {
      outcome.detail = *missing;
    } else if (results.sums[kSleeps] != sleeps_ * copies || results.pieces.size() != copies) {
      outcome.detail =
          grouped(results.sums[kSleeps]) + " sleeps were timed, of " + grouped(sleeps_ * copies);
    } else if (results.sums[kTooShort] != 0) {
      outcome.detail = grouped(results.sums[kTooShort]) + " sleeps were shorter than asked";
    } else {
      outcome.check = Check::kOk;
      outcome.detail = "each of " + grouped(sleeps_ * copies) + " sleeps lasted at least " +
                       in_seconds(std::chrono::duration<double>(sleep_).count());
    }
    return outcome;
  }

 private:
  enum Sum : std::uint8_t { kSleeps, kSlices, kTooShort };
  static constexpr std::uint64_t kSleeper = 0;  // Its place in the copy

  // The least value that is not below that part of all.
  static double quantile(const std::vector<double>& sorted, double part) {
    if (sorted.empty()) {
      return 0;
    }
    const double rank = std::ceil(part * static_cast<double>(sorted.size()));
    return sorted[static_cast<std::size_t>(std::max(1.0, rank)) - 1];
  }

  const std::uint64_t hogs_;
  const std::uint64_t sleeps_;
  const std::chrono::nanoseconds sleep_;
  const double slice_us_;
  const bool polite_;
  const std::uint64_t most_ns_;
  std::uint64_t slice_operations_ = 0;
  mutable std::atomic<bool> over_{false};  // Shared by the units of one copy.
};

}  // namespace

extern const Workload convoy_workload = {
    .name = "convoy",
    .summary = "one unit sleeps again and again beside units that compute: how late it wakes",
    .parameters = kParameters,
    .result_fields = kFields,
    .weak_parameter = "",
    .calibrated = [](const Parameters&) { return true; },
    .make = make_job<ConvoyJob>};

}  // namespace strata
