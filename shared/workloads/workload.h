// Workloads: a body, its parameters, how it is cut into units, and how its result is checked.
//
// Adding one: a file in this folder that defines `const Workload <name>_workload`, and a line in
// workloads.def. A Job is made on both sides from the same parameters. The coordinator plans it,
// and finishes it: checks and names the result. Each worker opens it with the plan's input and runs
// its body, once a unit.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "shared/base/result.h"
#include "shared/unit/unit.h"
#include "shared/workloads/parameters.h"

namespace strata {

// How a workload is cut, decided by the coordinator before workers start on it.
struct Plan {
  std::uint64_t units = 0;  // 1..2^40
  // 0: units are independent, sharded and retried one by one. Else they are a group: they share
  // what lies in the job, and `group` of them (1..units) must be alive together, since they wait
  // for each other. A group of at most 4096 units runs whole in every worker (P copies: unit i of
  // copy c has the index c * units + i), in a job that runs no other copy; it is retried only
  // whole, by a new worker, and a layout that does not keep so many units alive is refused.
  std::uint32_t group = 0;
  std::size_t slot_bytes = 0;      // Bytes of result that each unit owns (Unit::slot).
  std::vector<std::byte> input{};  // What workers need beyond the parameters, e.g. names of files.
  // Relative cost of each unit, where it is known and uneven; empty: all alike. Shards are cut so
  // that their weights are about equal.
  std::vector<std::uint64_t> weights{};
  // What a unit is called in progress and messages: "files", "rows", "units".
  std::string unit_noun = "units";
};

struct PlanContext {
  std::uint64_t seed = 1;
  // From calibrate_operations_per_us(), once a run or sweep, so that every layout gets the same
  // work; 0 when the workload does not ask for it (Workload::calibrated).
  double operations_per_us = 0;
  // Set by another thread when nobody wants the answer any more; outlives the job. plan(),
  // reference() and finish() look at it where they take long, and may then return anything. Null:
  // never.
  const std::atomic<bool>* cancelled = nullptr;
};

// The committed result of one run of consecutive units.
struct Piece {
  std::uint64_t first_unit = 0;
  std::uint64_t units = 0;
  Sums sums{};
  const std::byte* slots = nullptr;  // units * slot_bytes
};

// What finish() reads. Pieces are in the order of units; units that were never committed are
// missing, and the check of such a run has failed whatever finish() says.
struct Results {
  std::span<const Piece> pieces{};
  Sums sums{};  // Over all pieces.
  double makespan_s = 0;
  std::uint64_t completed = 0;  // Units
  // Of a group: each is one piece of Plan::units units.
  std::uint32_t copies = 1;
};

enum class Check : std::uint8_t { kOk, kFailed, kNotObserved, kSkipped };
std::string_view name_of(Check check);

using Value =
    std::variant<std::int64_t, std::uint64_t, double, std::string, std::vector<std::string>>;
struct Field {
  std::string name;  // As in Workload::result_fields.
  Value value;
};

struct Outcome {
  Check check = Check::kSkipped;
  std::string detail{};         // One sentence: what was compared, or what is wrong.
  std::vector<Field> fields{};  // The "result" object of the JSON, in order.
  std::string headline{};       // For people: "1.31 GB   1.26 GB/s   sha256 5b1f...c02a".
};

class Job {
 public:
  Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  virtual ~Job() = default;

  // How many units wait for each other and must be alive together: Plan::group, known from the
  // parameters alone, so that a layout which keeps too few alive is refused before anything starts.
  [[nodiscard]] virtual std::uint32_t group() const { return 0; }
  // Coordinator, before the workers start. Errors are the user's: a missing folder (kUsage). Called
  // again once a calibration is known; nothing but the work of a unit may depend on that.
  virtual Result<Plan> plan(const PlanContext& context) = 0;
  // Coordinator, once a sweep and outside the makespan: the serial answer as text, that finish()
  // gets to compare with. Called after plan(). The default has none.
  virtual std::string reference() { return {}; }
  // Coordinator, after the last commit. Called after plan().
  virtual Outcome finish(const Results& results, const std::string& reference) = 0;

  // Worker, before its first unit. `input` is the plan's and outlives the job; `operations_per_us`
  // is the plan context's.
  virtual Status open(std::span<const std::byte> input, double operations_per_us);
  // One unit. Called concurrently.
  virtual Co<void> body(Unit& unit) const = 0;
};

struct ResultField {
  std::string_view name{};
  std::string_view unit{};  // "s", "B", "GB/s"; empty for counts and texts.
  std::string_view summary{};
};

struct Workload {
  std::string_view name{};
  std::string_view summary{};
  std::span<const ParameterSpec> parameters{};
  std::span<const ResultField> result_fields{};
  // The parameter that --scaling weak multiplies by the number of processors; empty: weak scaling
  // is refused.
  std::string_view weak_parameter{};
  // Whether a run of these parameters needs a calibration.
  bool (*calibrated)(const Parameters& parameters) = [](const Parameters&) { return false; };
  std::unique_ptr<Job> (*make)(const Parameters& parameters) = nullptr;
};

// Workload::make of a job that is constructed from its parameters.
template <typename SomeJob>
std::unique_ptr<Job> make_job(const Parameters& parameters) {
  return std::make_unique<SomeJob>(parameters);
}

// All of them, in the order of `strata list`.
std::span<const Workload* const> workload_table();
const Workload* find_workload(std::string_view name);

}  // namespace strata
