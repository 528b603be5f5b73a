// forkjoin: trees of tasks, one task for each node, that fork their children and join them.
//
// Where `compute` is cut into units beforehand, here each unit makes its parallelism as it goes: a
// task for each node of a tree. On `coroutine` and `green` idle processors take parts of a tree
// that one unit began; on the other executors children run in place, and a tree is as fast as one
// core. What is measured is therefore the price of a task: a node of fib does nothing but add.
#include <algorithm>
#include <array>

#include "shared/unit/join.h"
#include "shared/workloads/common.h"
#include "shared/workloads/figures.h"
#include "shared/workloads/trees.h"
#include "shared/workloads/workload.h"

namespace strata {
namespace {

constexpr ParameterSpec kParameters[] = {
    {.name = "kind",
     .type = ParameterType::kChoice,
     .fallback = "fib",
     .choices = "fib|skynet|nqueens|uts",
     .summary = "which tree: fib(n) by calls, 10^n leaves, n queens, unbalanced tree search"},
    {.name = "n",
     .type = ParameterType::kInteger,
     .low = 0,
     .high = 45,
     .fallback = "0",
     .summary = "the size: fib up to 45, skynet 9, nqueens 16, uts 12; 0: 27, 5, 10 and 8"},
    {.name = "cut",
     .type = ParameterType::kInteger,
     .low = 0,
     .high = 45,
     .fallback = "0",
     .summary = "subtrees of at most so many levels are plain calls, not tasks"},
    {.name = "units",
     .type = ParameterType::kInteger,
     .low = 1,
     .high = 1e6,
     .fallback = "1",
     .summary = "how many units there are; each walks a whole tree"}};

constexpr ResultField kFields[] = {
    {"answer", "", "fib(n), the sum over skynet's leaves, placements of queens, leaves of uts"},
    {"spawned", "", "tasks that units forked, all units together"},
    {"nodes", "", "nodes of one tree"},
    {"tasks_per_s", "1/s", "tasks a second, over the makespan"}};

template <typename Shape>
Co<trees::Sum> walk(Unit& unit, typename Shape::Node node, std::uint32_t cut) {
  if (Shape::levels(node) <= cut) {
    co_return trees::walk_plainly<Shape>(node);
  }
  const std::uint32_t children = Shape::children(node);
  if (children == 0) {
    co_return trees::Sum{Shape::leaf(node), 1};
  }
  typename Shape::Sums sums;
  trees::reserve(sums, children);
  Join join(unit);
  for (std::uint32_t i = 0; i + 1 < children; ++i) {
    co_await join.fork(walk<Shape>(unit, Shape::child(node, i), cut), sums[i]);
  }
  co_await join.call(walk<Shape>(unit, Shape::child(node, children - 1), cut), sums[children - 1]);
  co_await join.wait();
  trees::Sum sum{0, 1};
  for (std::uint32_t i = 0; i < children; ++i) {
    sum += sums[i];
  }
  co_return sum;
}

// How many tasks a tree becomes: its nodes that are not inside a plain call, less the root.
template <typename Shape>
std::uint64_t tasks_of(const typename Shape::Node& node, std::uint32_t cut) {
  if (Shape::levels(node) <= cut) {
    return 1;
  }
  std::uint64_t tasks = 1;
  const std::uint32_t children = Shape::children(node);
  for (std::uint32_t i = 0; i < children; ++i) {
    tasks += tasks_of<Shape>(Shape::child(node, i), cut);
  }
  return tasks;
}

struct Kind {
  std::string_view name;
  std::uint32_t most;
  std::uint32_t usual;
};
constexpr std::array kKinds = {Kind{"fib", 45, 27}, Kind{"skynet", 9, 5}, Kind{"nqueens", 16, 10},
                               Kind{"uts", 12, 8}};

// Answers that others have published; 0: none for that size.
std::uint64_t published(std::string_view kind, std::uint32_t n) {
  // OEIS A000170.
  constexpr std::array<std::uint64_t, 17> kQueens = {
      1, 1, 0, 0, 2, 10, 4, 40, 92, 352, 724, 2680, 14200, 73712, 365596, 2279184, 14772512};
  if (kind == "nqueens") {
    return kQueens[n];
  }
  if (kind == "uts") {
    return n == 10 ? 3'305'118 : 0;  // The leaves of T1
  }
  std::uint64_t a = 0;
  std::uint64_t b = 1;
  if (kind == "fib") {
    for (std::uint32_t i = 0; i < n; ++i) {
      const std::uint64_t next = a + b;
      a = b;
      b = next;
    }
    return a;
  }
  for (std::uint32_t i = 0; i < n; ++i) {
    b *= 10;
  }
  return b * (b - 1) / 2;
}

class ForkJoinJob final : public Job {
 private:
  // use(shape) with the shape of this kind.
  template <typename Use>
  auto with_shape(Use use) const {
    if (kind_ == "fib") {
      return use(trees::Fib{n_});
    }
    if (kind_ == "skynet") {
      return use(trees::Skynet{n_});
    }
    if (kind_ == "nqueens") {
      return use(trees::Queens{n_});
    }
    return use(trees::Uts{n_});
  }

 public:
  explicit ForkJoinJob(const Parameters& parameters)
      : kind_(parameters.text("kind")),
        n_(static_cast<std::uint32_t>(parameters.integer("n"))),
        cut_(static_cast<std::uint32_t>(parameters.integer("cut"))),
        units_(parameters.integer("units")) {
    const auto* found = std::find_if(kKinds.begin(), kKinds.end(),
                                     [this](const Kind& kind) { return kind.name == kind_; });
    most_ = found->most;
    n_ = n_ == 0 ? found->usual : n_;
  }

  Result<Plan> plan(const PlanContext& /*context*/) override {
    if (n_ > most_) {
      return Error{Exit::kUsage, "forkjoin: n=" + std::to_string(n_) + " is too large for kind=" +
                                     kind_ + "; try n=" + std::to_string(most_)};
    }
    return Plan{.units = units_, .slot_bytes = 0, .unit_noun = "trees"};
  }

  Co<void> body(Unit& unit) const override {
    const trees::Sum sum = co_await with_shape(
        [this, &unit](auto shape) { return walk<decltype(shape)>(unit, shape.root(), cut_); });
    unit.add(kAnswer, sum.answer);
    unit.add(kNodes, sum.nodes);
  }

  // The tree by plain calls.
  std::string reference() override {
    const trees::Sum sum =
        with_shape([](auto shape) { return trees::walk_plainly<decltype(shape)>(shape.root()); });
    return grouped(sum.answer) + " / " + grouped(sum.nodes);
  }

  Outcome finish(const Results& results, const std::string& reference) override {
    const std::uint64_t done = std::max<std::uint64_t>(1, results.completed);
    const std::uint64_t answer = results.sums[kAnswer] / done;
    const std::uint64_t nodes = results.sums[kNodes] / done;
    const std::uint64_t tasks =
        with_shape([this](auto shape) { return tasks_of<decltype(shape)>(shape.root(), cut_); });
    const std::uint64_t spawned = (tasks - 1) * results.completed;
    const double rate = per_second(static_cast<double>(spawned), results.makespan_s);
    Outcome outcome;
    outcome.fields = {
        {"answer", answer}, {"spawned", spawned}, {"nodes", nodes}, {"tasks_per_s", rate}};
    outcome.headline = kind_ + "(" + std::to_string(n_) + ") = " + grouped(answer) + "   " +
                       three_digits(rate * 1e-6) + " million tasks/s";
    outcome.check = Check::kFailed;
    const std::string found = grouped(answer) + " / " + grouped(nodes);
    const std::uint64_t known = published(kind_, n_);
    const bool has_known = kind_ != "uts" || known != 0;
    if (const auto missing = missing_units(results, units_, "trees")) {
      outcome.detail = *missing;
    } else if (answer * done != results.sums[kAnswer] || nodes * done != results.sums[kNodes]) {
      outcome.detail = "units walked the same tree and came to different answers";
    } else if (has_known && answer != known) {
      outcome.detail = kind_ + "(" + std::to_string(n_) + ") is " + grouped(known) +
                       ", the units say " + grouped(answer);
    } else if (found != reference) {
      outcome.detail = "answer and nodes are " + found + ", plain calls give " + reference;
    } else {
      outcome.check = Check::kOk;
      outcome.detail = kind_ + "(" + std::to_string(n_) + ") = " + grouped(answer) +
                       (has_known ? ", as is known" : ", as by plain calls");
    }
    return outcome;
  }

 private:
  enum SumIndex : std::uint8_t { kAnswer, kNodes };

  std::string kind_;
  std::uint32_t n_;
  std::uint32_t cut_;
  std::uint64_t units_;
  std::uint32_t most_ = 0;
};

}  // namespace

extern const Workload forkjoin_workload = {
    .name = "forkjoin",
    .summary = "trees of tasks that fork and join: what a task costs, and who takes it",
    .parameters = kParameters,
    .result_fields = kFields,
    .weak_parameter = "units",
    .make = make_job<ForkJoinJob>};

}  // namespace strata
