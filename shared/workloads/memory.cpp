// memory: the triad of STREAM, a = b + s c, over arrays that no cache holds.
//
// A unit is a block of `block` MiB: three arrays of its own, swept `repeats` times. A block is
// larger than the caches of common machines, so that a unit alone already streams from memory; and
// it is the same in every layout, so that the work is. (Arrays shared by all units and swept in
// step would need a barrier between sweeps, which independent units do not have.)
//
// Bytes are counted as STREAM counts them: 8 for each of the two elements read and the one written,
// not counting that a processor reads the line it is about to write. Filling and checking the
// arrays is not counted, but takes time: `gb_per_s` is over the whole makespan,
// `triad_gb_per_s` scales the makespan to the share that units spent in the triad.
#include <array>
#include <bit>
#include <cstring>
#include <mutex>
#include <new>

#include "shared/os/clock.h"
#include "shared/workloads/common.h"
#include "shared/workloads/figures.h"
#include "shared/workloads/workload.h"

namespace strata {
namespace {

constexpr ParameterSpec kParameters[] = {
    {.name = "megabytes",
     .type = ParameterType::kInteger,
     .unit = "MiB",
     .low = 1,
     .high = 1 << 20,
     .fallback = "512",
     .summary = "the size of all arrays together"},
    {.name = "repeats",
     .type = ParameterType::kInteger,
     .low = 1,
     .high = 1000,
     .fallback = "10",
     .summary = "how often each block is swept"},
    {.name = "block",
     .type = ParameterType::kInteger,
     .unit = "MiB",
     .low = 1,
     .high = 4096,
     .fallback = "64",
     .summary = "the arrays of one unit; below the size of a cache this measures the cache"}};

constexpr ResultField kFields[] = {
    {"gb_per_s", "GB/s", "bytes of the triad over the makespan, all processors together"},
    {"triad_gb_per_s", "GB/s", "the same without the time for filling and checking the arrays"},
    {"unit_gb_per_s", "GB/s", "of one unit while it was in the triad"},
    {"bytes", "B", "8 bytes for each element read or written by the triad"},
    {"checksum", "", "the sum of the bits of all elements at the end, equal to the computed one"}};

constexpr std::uint64_t kMiB = 1 << 20;
constexpr std::size_t kArrays = 3;
// Elements start with one of so many values, by position: enough to notice any that is misplaced,
// few enough to compute what each must become.
constexpr std::size_t kPatterns = 1024;
constexpr double kScalar = 0.1;

double first_value(std::size_t array, std::size_t pattern) {
  return array == 0 ? 0 : static_cast<double>(array) + static_cast<double>(pattern) / kPatterns;
}

[[gnu::noinline]] void triad(double* __restrict a, const double* __restrict b,
                             const double* __restrict c, std::size_t elements) {
  for (std::size_t i = 0; i < elements; ++i) {
    a[i] = b[i] + kScalar * c[i];
  }
}

// Sweeps with the arrays changing roles, so that each needs the one before it. At the end the last
// one written is `arrays[0]`. Values grow by 5 % a sweep: far from overflow after 1000.
void sweeps(std::array<double*, kArrays>& arrays, std::size_t elements, std::uint64_t repeats) {
  for (std::uint64_t repeat = 0; repeat < repeats; ++repeat) {
    triad(arrays[0], arrays[1], arrays[2], elements);
    arrays = {arrays[1], arrays[2], arrays[0]};
  }
  arrays = {arrays[2], arrays[0], arrays[1]};
}

// What the element of each pattern must be at the end.
std::array<std::uint64_t, kPatterns> expected_bits(std::uint64_t repeats) {
  std::array<std::uint64_t, kPatterns> bits{};
  for (std::size_t pattern = 0; pattern < kPatterns; ++pattern) {
    double b = first_value(1, pattern);
    double c = first_value(2, pattern);
    for (std::uint64_t repeat = 0; repeat < repeats; ++repeat) {
      b = std::exchange(c, b + kScalar * c);
    }
    bits[pattern] = std::bit_cast<std::uint64_t>(c);
  }
  return bits;
}

// Memory of finished units for the next ones: the kernel takes longer to give a page for the first
// time than the triad to sweep it.
class Blocks {
 public:
  explicit Blocks(std::size_t bytes) : bytes_(bytes) {}

  struct Free {
    void operator()(double* block) const { ::operator delete(block, kAlignment); }
  };
  using Block = std::unique_ptr<double, Free>;

  Block take() {
    {
      const std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        Block block = std::move(free_.back());
        free_.pop_back();
        return block;
      }
    }
    return Block(static_cast<double*>(::operator new(bytes_, kAlignment)));
  }
  void give(Block block) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(block));
  }

 private:
  static constexpr std::align_val_t kAlignment{4096};

  const std::size_t bytes_;
  std::mutex mutex_;
  std::vector<Block> free_;  // Guarded by mutex_.
};

class MemoryJob final : public Job {
 public:
  explicit MemoryJob(const Parameters& parameters)
      : bytes_(parameters.integer("megabytes") * kMiB),
        repeats_(parameters.integer("repeats")),
        block_bytes_(std::min(parameters.integer("block") * kMiB, bytes_)),
        units_((bytes_ + block_bytes_ - 1) / block_bytes_),
        blocks_(block_bytes_) {}

  Result<Plan> plan(const PlanContext& /*context*/) override {
    Plan plan{.units = units_, .slot_bytes = 0, .unit_noun = "blocks"};
    for (std::uint64_t unit = 0; unit < units_; ++unit) {
      plan.weights.push_back(elements_of(unit));
    }
    return plan;
  }

  Co<void> body(Unit& unit) const override {
    const std::size_t elements = elements_of(unit.index());
    const std::uint64_t begin_ns = now_ns();
    Blocks::Block block = blocks_.take();
    std::array<double*, kArrays> arrays{};
    for (std::size_t array = 0; array < kArrays; ++array) {
      arrays[array] = block.get() + array * elements;
      for (std::size_t i = 0; i < elements; ++i) {
        arrays[array][i] = first_value(array, i % kPatterns);
      }
    }
    const std::uint64_t filled_ns = now_ns();
    sweeps(arrays, elements, repeats_);
    const std::uint64_t swept_ns = now_ns();
    std::uint64_t checksum = 0;
    for (std::size_t i = 0; i < elements; ++i) {
      // Weighted by position, so that two elements that changed places are noticed.
      checksum += std::bit_cast<std::uint64_t>(arrays[0][i]) * (i % kPatterns + 1);
    }
    blocks_.give(std::move(block));
    unit.add(kChecksum, checksum);
    unit.add(kBytes, kArrays * sizeof(double) * elements * repeats_);
    unit.add(kTriadNs, swept_ns - filled_ns);
    unit.add(kUnitNs, now_ns() - begin_ns);
    co_return;
  }

  std::string reference() override {
    const std::array<std::uint64_t, kPatterns> bits = expected_bits(repeats_);
    std::uint64_t checksum = 0;
    for (std::uint64_t unit = 0; unit < units_; ++unit) {
      const std::size_t elements = elements_of(unit);
      for (std::size_t pattern = 0; pattern < kPatterns; ++pattern) {
        const std::uint64_t times = elements / kPatterns + (pattern < elements % kPatterns ? 1 : 0);
        checksum += times * bits[pattern] * (pattern + 1);
      }
    }
    return hexadecimal(checksum);
  }

  Outcome finish(const Results& results, const std::string& reference) override {
    const auto bytes = static_cast<double>(results.sums[kBytes]);
    const auto triad_ns = static_cast<double>(results.sums[kTriadNs]);
    const auto unit_ns = static_cast<double>(results.sums[kUnitNs]);
    const double overall = per_second(bytes, results.makespan_s) * 1e-9;
    const double in_triad = overall * per_second(unit_ns, triad_ns);
    const double of_unit = per_second(bytes, triad_ns);
    const std::string checksum = hexadecimal(results.sums[kChecksum]);
    Outcome outcome;
    outcome.fields = {{"gb_per_s", overall},
                      {"triad_gb_per_s", in_triad},
                      {"unit_gb_per_s", of_unit},
                      {"bytes", results.sums[kBytes]},
                      {"checksum", checksum}};
    outcome.headline = three_digits(in_triad) + " GB/s in the triad   " + three_digits(overall) +
                       " GB/s with filling and checking";
    outcome.check = Check::kFailed;
    if (const auto missing = missing_units(results, units_, "blocks")) {
      outcome.detail = *missing;
    } else if (checksum != reference) {
      outcome.detail = "the checksum is " + checksum + ", computed otherwise it is " + reference;
    } else {
      outcome.check = Check::kOk;
      outcome.detail = "every element of " + grouped(units_) + " blocks has its computed value";
    }
    return outcome;
  }

 private:
  enum Sum : std::uint8_t { kChecksum, kBytes, kTriadNs, kUnitNs };

  // In each of the unit's three arrays; the last block may be smaller.
  [[nodiscard]] std::size_t elements_of(std::uint64_t unit) const {
    const std::uint64_t rest = bytes_ - std::min(unit * block_bytes_, bytes_);
    return std::min(rest, block_bytes_) / (kArrays * sizeof(double));
  }

  std::uint64_t bytes_;
  std::uint64_t repeats_;
  std::uint64_t block_bytes_;
  std::uint64_t units_;
  mutable Blocks blocks_;
};

}  // namespace

extern const Workload memory_workload = {
    .name = "memory",
    .summary = "sweeps arrays larger than the caches (STREAM's triad): GB/s",
    .parameters = kParameters,
    .result_fields = kFields,
    .weak_parameter = "megabytes",
    .make = make_job<MemoryJob>};

}  // namespace strata
