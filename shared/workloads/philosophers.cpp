// philosophers: N of them sit at a round table with one fork between each two. Who is hungry takes
// the two forks beside him, eats, and puts them back (Dijkstra 1965, EWD310).
//
//     order=same   everybody takes his left fork first: once each holds one, all wait for ever
//     order=odd    every other one takes his right fork first: somebody can always eat
//
// With `same` the deadlock is possible, not certain; it is the units' order that decides. Whatever
// runs them tells it, with who waits for what, and the run fails.
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "shared/unit/mutex.h"
#include "shared/workloads/common.h"
#include "shared/workloads/figures.h"
#include "shared/workloads/workload.h"

namespace strata {
namespace {

constexpr ParameterSpec kParameters[] = {
    {.name = "units",
     .type = ParameterType::kInteger,
     .low = 2,
     .high = 1024,
     .fallback = "5",
     .summary = "how many philosophers there are, and forks"},
    {.name = "meals",
     .type = ParameterType::kInteger,
     .low = 1,
     .high = 1e9,
     .fallback = "10000",
     .summary = "how often each of them eats"},
    {.name = "order",
     .type = ParameterType::kChoice,
     .fallback = "odd",
     .choices = "same|odd",
     .summary = "which fork is taken first: the left one by all, or by every other one"}};

constexpr ResultField kFields[] = {
    {"meals", "", "meals eaten in all"},
    {"meals_per_s", "1/s", "meals a second, all philosophers together"},
    {"shared_forks", "", "times that a fork was in two hands: 0, or the check fails"}};

class PhilosophersJob final : public Job {
 public:
  explicit PhilosophersJob(const Parameters& parameters)
      : seats_(parameters.integer("units")),
        meals_(parameters.integer("meals")),
        same_order_(parameters.text("order") == "same"),
        forks_(seats_) {}

  [[nodiscard]] std::uint32_t group() const override { return static_cast<std::uint32_t>(seats_); }
  Result<Plan> plan(const PlanContext& /*context*/) override {
    return Plan{.units = seats_, .group = group(), .unit_noun = "philosophers"};
  }

  Co<void> body(Unit& unit) const override {
    const std::uint64_t seat = unit.index() % seats_;
    Fork& left = forks_[seat];
    Fork& right = forks_[(seat + 1) % seats_];
    const bool left_first = same_order_ || seat % 2 == 0;
    Fork& first = left_first ? left : right;
    Fork& second = left_first ? right : left;
    std::uint64_t shared = 0;
    for (std::uint64_t meal = 0; meal < meals_; ++meal) {
      const Mutex::Guard one = co_await first.mutex.guard(unit);
      co_await unit.yield();  // Looks at the other fork.
      const Mutex::Guard other = co_await second.mutex.guard(unit);
      shared += eat(left, right);
    }
    unit.add(kMeals, meals_);
    unit.add(kShared, shared);
  }

  Outcome finish(const Results& results, const std::string& /*reference*/) override {
    const std::uint64_t meals = results.sums[kMeals];
    const std::uint64_t shared = results.sums[kShared];
    const double rate = per_second(static_cast<double>(meals), results.makespan_s);
    Outcome outcome;
    outcome.fields = {{"meals", meals}, {"meals_per_s", rate}, {"shared_forks", shared}};
    outcome.headline = grouped(meals) + " meals   " + three_digits(rate * 1e-6) + " million/s";
    outcome.check = Check::kFailed;
    if (const auto missing = missing_units(results, seats_ * results.copies, "philosophers")) {
      outcome.detail = *missing;
    } else if (meals != seats_ * meals_ * results.copies) {
      outcome.detail = "some philosophers did not eat as often as they should";
    } else if (shared != 0) {
      outcome.detail = "a fork was in two hands " + grouped(shared) + " times";
    } else {
      outcome.check = Check::kOk;
      outcome.detail = "everybody has eaten, and no fork was in two hands";
    }
    return outcome;
  }

 private:
  enum Sum : std::uint8_t { kMeals, kShared };

  // A line of its own, so that philosophers far from each other do not meet.
  struct alignas(64) Fork {
    Mutex mutex;
    std::atomic<std::uint32_t> hands{0};  // Relaxed: the check that the mutex works.
  };

  // With both forks in hand. How many of them are in another hand, too.
  static std::uint64_t eat(Fork& left, Fork& right) {
    std::uint64_t shared = 0;
    for (Fork* const fork : {&left, &right}) {
      shared += fork->hands.fetch_add(1, std::memory_order_relaxed) != 0 ? 1U : 0U;
    }
    for (Fork* const fork : {&left, &right}) {
      fork->hands.fetch_sub(1, std::memory_order_relaxed);
    }
    return shared;
  }

  const std::uint64_t seats_;
  const std::uint64_t meals_;
  const bool same_order_;
  mutable std::vector<Fork> forks_;  // What the units of one copy share.
};

}  // namespace

extern const Workload philosophers_workload = {
    .name = "philosophers",
    .summary = "units that need two locks each: a deadlock, and how an order prevents it",
    .parameters = kParameters,
    .result_fields = kFields,
    .weak_parameter = "",
    .make = make_job<PhilosophersJob>};

}  // namespace strata
