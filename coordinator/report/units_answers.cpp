// What the samples of `strata units` answer, and the sentence under its table.
#include <algorithm>

#include "coordinator/report/format.h"
#include "coordinator/report/units_report.h"
#include "shared/stats/summary.h"

namespace strata {
namespace {

const UnitFigures* find(const UnitsMeasured& measured, std::string_view name) {
  for (const UnitFigures& row : measured.units) {
    if (row.name == name) {
      return &row;
    }
  }
  return nullptr;
}

std::string cost_of(const UnitFigures& row) {
  return seconds_text(median_of(row.create_join_ns) * 1e-9) + " and " +
         bytes_text(median_of(row.parked_bytes));
}

std::string times_cheaper(const UnitFigures& dear, const UnitFigures& cheap) {
  return significant(median_of(dear.create_join_ns) / median_of(cheap.create_join_ns));
}

}  // namespace

std::optional<bool> in_parallel(const UnitFigures& figures) {
  // Of two on two CPUs of their own nearly every step has company, also where the machine is busy
  // with others a good part has; of two that take turns only the step in which the turn changes,
  // one of hundreds. CPU time over time, which everyone looks at, tells them apart on a quiet
  // machine only.
  constexpr double kAtOnce = 0.1;
  constexpr double kInTurns = 0.03;
  // On a machine that gives less of a CPU there was nothing to be seen.
  constexpr double kEnoughCpu = 0.2;
  if (figures.computed_beside.empty() || median_of(figures.cpu_per_wall) < kEnoughCpu) {
    return std::nullopt;
  }
  // The most of the samples: what was seen once is possible.
  const double share =
      *std::max_element(figures.computed_beside.begin(), figures.computed_beside.end());
  return share > kAtOnce    ? std::optional(true)
         : share < kInTurns ? std::optional(false)
                            : std::nullopt;
}

std::optional<Blocks> if_it_blocks(const UnitFigures& figures) {
  if (figures.others_ran.empty() || figures.others_ran_told.empty()) {
    return std::nullopt;
  }
  // Others of this machine may want the CPU too, and who cannot go on does not go on at all.
  constexpr double kWentOn = 0.1;
  return median_of(figures.others_ran) > kWentOn        ? Blocks::kItself
         : median_of(figures.others_ran_told) > kWentOn ? Blocks::kOthersUnlessTold
                                                        : Blocks::kOthers;
}

std::string_view name_of(Blocks blocks) {
  switch (blocks) {
    case Blocks::kItself:
      return "itself";
    case Blocks::kOthersUnlessTold:
      return "others_unless_told";
    case Blocks::kOthers:
      return "others";
  }
  return "";
}

std::optional<CrashTakes> crash_takes(const UnitFigures& figures) {
  if (!figures.crash || figures.crash->signal == 0) {
    return std::nullopt;
  }
  return figures.crash->survived == figures.crash->others
             ? std::optional(CrashTakes::kItself)
             : (figures.crash->survived == 0 ? std::optional(CrashTakes::kProcess) : std::nullopt);
}

std::string_view name_of(CrashTakes takes) {
  return takes == CrashTakes::kItself ? "itself" : "process";
}

std::string units_conclusion(const UnitsMeasured& measured) {
  const UnitFigures* thread = find(measured, "thread");
  const UnitFigures* gil = find(measured, "gil");
  const UnitFigures* green = find(measured, "green");
  const UnitFigures* coroutine = find(measured, "coroutine");
  std::string text;
  const auto add = [&text](const std::string& clause) {
    text += (text.empty() ? "" : "; ") + clause;
  };
  if (thread != nullptr) {
    std::string clause = "pthread_create makes a thread: " + cost_of(*thread);
    if (const std::optional<bool> parallel = in_parallel(*thread)) {
      clause += *parallel ? ", and it runs in parallel" : ", and here two of them take turns";
    }
    add(clause);
  }
  if (gil != nullptr) {
    std::string clause = "Python's Thread makes a unit under the GIL: ";
    clause += thread != nullptr ? "a thread as well" : cost_of(*gil);
    if (const std::optional<bool> parallel = in_parallel(*gil)) {
      clause += *parallel ? ", in parallel" : ", but one runs at a time";
    }
    add(clause);
  }
  if (green != nullptr) {
    std::string clause = "Go's go makes a green thread: " + cost_of(*green);
    if (thread != nullptr) {
      clause += ", " + times_cheaper(*thread, *green) + " times cheaper to make than a thread";
    }
    add(clause);
  }
  if (coroutine != nullptr) {
    add("async/await makes a coroutine: " + cost_of(*coroutine));
  }
  if (const UnitFigures* spawn = find(measured, "spawn");
      text.empty() && spawn != nullptr && crash_takes(*spawn) == CrashTakes::kItself) {
    add("a process costs " + cost_of(*spawn) + ", and is alone in its crash");
  }
  return text.empty() ? text : text + ".";
}

}  // namespace strata
