// buffer: producers put items into a buffer of a given size, consumers take them out; who finds it
// full or empty waits. What a channel (or two semaphores and a mutex) is for.
//
// Checked in every copy: each item arrived once (their number, sum and sum of squares are those of
// 1..items), and the buffer never held more than its capacity.
#include <algorithm>
#include <atomic>
#include <cstdint>

#include "shared/unit/channel.h"
#include "shared/workloads/common.h"
#include "shared/workloads/figures.h"
#include "shared/workloads/workload.h"

namespace strata {
namespace {

constexpr ParameterSpec kParameters[] = {
    {.name = "capacity",
     .type = ParameterType::kInteger,
     .low = 0,
     .high = 1e6,
     .fallback = "16",
     .summary = "items the buffer holds; 0: each producer meets its consumer"},
    {.name = "producers",
     .type = ParameterType::kInteger,
     .low = 1,
     .high = 1024,
     .fallback = "1",
     .summary = "units that put items in"},
    {.name = "consumers",
     .type = ParameterType::kInteger,
     .low = 1,
     .high = 1024,
     .fallback = "1",
     .summary = "units that take items out"},
    {.name = "items",
     .type = ParameterType::kInteger,
     .low = 1,
     .high = 1e9,
     .fallback = "100000",
     .summary = "items in all, shared out among the producers"}};

constexpr ResultField kFields[] = {
    {"items", "", "items that came out, of all copies (one a worker)"},
    {"items_per_s", "1/s", "items a second, all copies together"},
    {"most_held", "", "the most items that lay in a buffer at one time"}};

class BufferJob final : public Job {
 public:
  explicit BufferJob(const Parameters& parameters)
      : capacity_(parameters.integer("capacity")),
        producers_(parameters.integer("producers")),
        consumers_(parameters.integer("consumers")),
        items_(parameters.integer("items")),
        channel_(capacity_) {}

  [[nodiscard]] std::uint32_t group() const override {
    return static_cast<std::uint32_t>(producers_ + consumers_);
  }
  Result<Plan> plan(const PlanContext& /*context*/) override {
    return Plan{.units = producers_ + consumers_, .group = group()};
  }

  Co<void> body(Unit& unit) const override {
    const std::uint64_t place = unit.index() % (producers_ + consumers_);
    if (place >= producers_) {
      while (auto item = co_await channel_.receive(unit)) {
        unit.add(kItems, 1);
        unit.add(kTotal, *item);
        unit.add(kSquares, *item * *item);
      }
      co_return;
    }
    // Items place + 1, place + 1 + producers, ...
    for (std::uint64_t item = place + 1; item <= items_; item += producers_) {
      co_await channel_.send(unit, item);
    }
    // Acq_rel: the last producer closes after every other's last send.
    if (producing_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      channel_.close();
      unit.add(kMost, channel_.most());
    }
  }

  Outcome finish(const Results& results, const std::string& /*reference*/) override {
    std::uint64_t most = 0;
    const Piece* wrong = nullptr;
    for (const Piece& copy : results.pieces) {
      most = std::max(most, copy.sums[kMost]);
      if (copy.sums != expected(copy.sums[kMost])) {
        wrong = &copy;
      }
    }
    const double rate = per_second(static_cast<double>(results.sums[kItems]), results.makespan_s);
    Outcome outcome;
    outcome.fields = {{"items", results.sums[kItems]}, {"items_per_s", rate}, {"most_held", most}};
    outcome.headline =
        three_digits(rate * 1e-6) + " million items/s   at most " + grouped(most) + " held";
    outcome.check = Check::kFailed;
    if (const auto missing =
            missing_units(results, (producers_ + consumers_) * results.copies, "units")) {
      outcome.detail = *missing;
    } else if (wrong != nullptr || results.pieces.size() != results.copies) {
      outcome.detail = wrong == nullptr ? "a copy of the buffer is missing"
                                        : grouped(wrong->sums[kItems]) + " items came out of " +
                                              grouped(items_) + ", or not the same ones";
    } else if (most > capacity_) {
      outcome.detail = "a buffer for " + grouped(capacity_) + " items held " + grouped(most);
    } else {
      outcome.check = Check::kOk;
      outcome.detail = "each of " + grouped(items_) + " items came out once, and never more than " +
                       grouped(capacity_) + " were held";
    }
    return outcome;
  }

 private:
  enum Sum : std::uint8_t { kItems, kTotal, kSquares, kMost };

  // Modulo 2^64, as the units add; by factors, since the products exceed 64 bits.
  [[nodiscard]] Sums expected(std::uint64_t most) const {
    const std::uint64_t n = items_;
    std::uint64_t a = n;
    std::uint64_t b = n + 1;
    std::uint64_t c = 2 * n + 1;
    (a % 2 == 0 ? a : b) /= 2;
    const std::uint64_t total = a * b;
    (a % 3 == 0 ? a : b % 3 == 0 ? b : c) /= 3;
    return {n, total, a * b * c, most};
  }

  const std::size_t capacity_;
  const std::uint64_t producers_;
  const std::uint64_t consumers_;
  const std::uint64_t items_;
  // What the units of one copy share.
  mutable Channel<std::uint64_t> channel_;
  mutable std::atomic<std::uint64_t> producing_{producers_};
};

}  // namespace

extern const Workload buffer_workload = {
    .name = "buffer",
    .summary = "producers and consumers around a bounded buffer",
    .parameters = kParameters,
    .result_fields = kFields,
    .weak_parameter = "",
    .make = make_job<BufferJob>};

}  // namespace strata
