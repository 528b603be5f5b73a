// counter: the classic race. Units add to one number, the even ones +1 and the odd ones -1, so that
// the right result is known; how they keep out of each other's way is the parameter `fix`:
//
//     none      read, add, write: two units may read the same number, and one update is lost
//     mutex     the same under a Mutex
//     atomic    one instruction that reads, adds and writes
//     sharded   a number for each unit, added up at the end
//     message   every update is sent to one unit that owns the number
//
// `none` reads and writes with relaxed atomics: for the machine these are ordinary loads and
// stores, and for the language the behaviour is defined, so that the race loses updates and does
// nothing worse. Everything is done several times over (`repeats`, each with a number of its own).
// That the race does not show in a run proves nothing, and is reported as that.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "shared/unit/channel.h"
#include "shared/unit/mutex.h"
#include "shared/workloads/common.h"
#include "shared/workloads/figures.h"
#include "shared/workloads/workload.h"

namespace strata {
namespace {

constexpr ParameterSpec kParameters[] = {
    {.name = "fix",
     .type = ParameterType::kChoice,
     .fallback = "none",
     .choices = "none|mutex|atomic|sharded|message",
     .summary = "how the units keep out of each other's way"},
    {.name = "units",
     .type = ParameterType::kInteger,
     .low = 1,
     .high = 1024,
     .fallback = "2",
     .summary = "how many units count, the even ones up and the odd ones down"},
    {.name = "increments",
     .type = ParameterType::kInteger,
     .low = 1,
     .high = 1e9,
     .fallback = "1000000",
     .summary = "how often each unit adds to the number"},
    {.name = "repeats",
     .type = ParameterType::kInteger,
     .low = 1,
     .high = 10'000,
     .fallback = "5",
     .summary = "how often all of it is done, each time with another number"}};

constexpr ResultField kFields[] = {
    {"expected", "", "what every number must be at the end"},
    {"lost", "", "updates that were lost, at least: how far all numbers together are off"},
    {"off", "", "numbers that are wrong"},
    {"numbers", "", "numbers in all: the repeats, in every copy (one a worker)"},
    {"increments_per_s", "1/s", "updates a second, all units together"}};

constexpr std::uint64_t kBetweenTurns = 1000;  // Updates between two chances for others to run.
constexpr std::size_t kMessagesHeld = 64;

// The number of one repeat. A line of its own, so that units in different repeats do not meet.
struct alignas(64) Number {
  std::atomic<std::int64_t> value{0};
};

struct Message {
  std::uint64_t repeat = 0;
  std::int64_t step = 0;
};

class CounterJob final : public Job {
 public:
  explicit CounterJob(const Parameters& parameters)
      : fix_(parameters.text("fix")),
        counting_(parameters.integer("units")),
        increments_(parameters.integer("increments")),
        repeats_(parameters.integer("repeats")),
        numbers_(repeats_ * (fix_ == "sharded" ? counting_ : 1)) {}

  // Units that only count can run one after the other; a number's owner and those who write to it
  // cannot.
  [[nodiscard]] std::uint32_t group() const override {
    return fix_ == "message" ? static_cast<std::uint32_t>(units_of_a_copy()) : 1;
  }
  Result<Plan> plan(const PlanContext& /*context*/) override {
    return Plan{.units = units_of_a_copy(), .group = group()};
  }

  Co<void> body(Unit& unit) const override {
    const std::uint64_t place = unit.index() % units_of_a_copy();
    if (place == counting_) {
      co_await own(unit);
      co_return;
    }
    for (std::uint64_t repeat = 0; repeat < repeats_; ++repeat) {
      for (std::uint64_t done = 0; done < increments_;) {
        const std::uint64_t turn = std::min(kBetweenTurns, increments_ - done);
        co_await count(unit, place, repeat, turn);
        done += turn;
        co_await unit.compute(0);  // A unit under a global lock gives way here.
      }
    }
    unit.add(kUpdates, increments_ * repeats_);
    // Acq_rel: the last to end sees what all others wrote.
    if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      if (fix_ == "message") {
        messages_.close();
      } else {
        report(unit);
      }
    }
  }

  Outcome finish(const Results& results, const std::string& /*reference*/) override {
    bool whole = results.pieces.size() == results.copies;
    for (const Piece& copy : results.pieces) {
      whole = whole && copy.sums[kEnds] == 1 &&
              copy.sums[kUpdates] == counting_ * increments_ * repeats_;
    }
    const std::uint64_t lost = results.sums[kLost];
    const std::uint64_t off = results.sums[kOff];
    const std::uint64_t numbers = repeats_ * results.copies;
    const double rate = per_second(static_cast<double>(results.sums[kUpdates]), results.makespan_s);
    Outcome outcome;
    outcome.fields = {{"expected", expected()},
                      {"lost", lost},
                      {"off", off},
                      {"numbers", numbers},
                      {"increments_per_s", rate}};
    outcome.headline = (lost == 0 ? "nothing lost" : "off by " + grouped(lost)) + "   " +
                       three_digits(rate * 1e-6) + " million updates/s";
    judge(results, whole, outcome);
    return outcome;
  }

 private:
  enum Sum : std::uint8_t { kUpdates, kLost, kOff, kEnds };

  [[nodiscard]] std::uint64_t units_of_a_copy() const {
    return counting_ + (fix_ == "message" ? 1 : 0);
  }

  [[nodiscard]] std::int64_t expected() const {
    return counting_ % 2 == 0 ? 0 : static_cast<std::int64_t>(increments_);
  }

  // `turn` updates of the unit at that place, to the number of that repeat.
  Co<void> count(Unit& unit, std::uint64_t place, std::uint64_t repeat, std::uint64_t turn) const {
    const std::int64_t step = place % 2 == 0 ? 1 : -1;
    std::atomic<std::int64_t>& number =
        numbers_[fix_ == "sharded" ? repeat * counting_ + place : repeat].value;
    if (fix_ == "none" || fix_ == "sharded") {
      for (std::uint64_t i = 0; i < turn; ++i) {
        // Relaxed: with `none` the race is the point, with `sharded` nobody else writes it.
        const std::int64_t read = number.load(std::memory_order_relaxed);
        number.store(read + step, std::memory_order_relaxed);
      }
    } else if (fix_ == "atomic") {
      for (std::uint64_t i = 0; i < turn; ++i) {
        number.fetch_add(step, std::memory_order_relaxed);  // report() is ordered by left_.
      }
    } else if (fix_ == "mutex") {
      for (std::uint64_t i = 0; i < turn; ++i) {
        const Mutex::Guard guard = co_await mutex_.guard(unit);
        // Relaxed: the mutex orders them.
        number.store(number.load(std::memory_order_relaxed) + step, std::memory_order_relaxed);
      }
    } else {
      for (std::uint64_t i = 0; i < turn; ++i) {
        co_await messages_.send(unit, {repeat, step});
      }
    }
  }

  // The unit that alone touches the numbers.
  Co<void> own(Unit& unit) const {
    while (auto message = co_await messages_.receive(unit)) {
      std::atomic<std::int64_t>& number = numbers_[(*message).repeat].value;
      // Relaxed: nobody else touches them.
      number.store(number.load(std::memory_order_relaxed) + (*message).step,
                   std::memory_order_relaxed);
    }
    report(unit);
  }

  // By the last unit, once all updates are done.
  void report(Unit& unit) const {
    const std::size_t parts = numbers_.size() / repeats_;
    for (std::uint64_t repeat = 0; repeat < repeats_; ++repeat) {
      std::int64_t value = 0;
      for (std::size_t part = 0; part < parts; ++part) {
        value += numbers_[repeat * parts + part].value.load(std::memory_order_relaxed);
      }
      const std::int64_t off = value - expected();
      unit.add(kLost, static_cast<std::uint64_t>(off < 0 ? -off : off));
      unit.add(kOff, off != 0 ? 1 : 0);
    }
    unit.add(kEnds, 1);
  }

  void judge(const Results& results, bool whole, Outcome& outcome) const {
    const std::uint64_t lost = results.sums[kLost];
    const std::string off = grouped(results.sums[kOff]) + " of " +
                            grouped(repeats_ * results.copies) + " numbers are off, by " +
                            grouped(lost) + " in all";
    outcome.check = Check::kFailed;
    if (const auto missing = missing_units(results, units_of_a_copy() * results.copies, "units")) {
      outcome.detail = *missing;
    } else if (!whole) {
      outcome.detail = "not every copy was counted to its end, once";
    } else if (fix_ != "none") {
      outcome.check = lost == 0 ? Check::kOk : Check::kFailed;
      outcome.detail = lost == 0 ? "every number is what it must be"
                                 : off + ", though fix=" + fix_ + " forbids it";
    } else if (lost == 0) {
      outcome.check = Check::kNotObserved;
      outcome.detail =
          "no update was lost this time, which does not say that none can be; try more increments";
    } else {
      outcome.check = Check::kOk;
      outcome.detail = "the race showed: " + off;
    }
  }

  const std::string fix_;
  const std::uint64_t counting_;
  const std::uint64_t increments_;
  const std::uint64_t repeats_;
  // What the units of one copy share.
  mutable std::vector<Number> numbers_;  // One a repeat; `sharded`: one a repeat and unit.
  mutable Mutex mutex_;
  mutable Channel<Message> messages_{kMessagesHeld};
  alignas(64) mutable std::atomic<std::uint64_t> left_{counting_};
};

}  // namespace

extern const Workload counter_workload = {
    .name = "counter",
    .summary = "units that add to one number: the race, and four ways out of it",
    .parameters = kParameters,
    .result_fields = kFields,
    .weak_parameter = "",
    .make = make_job<CounterJob>};

}  // namespace strata
