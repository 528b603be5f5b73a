#include "shared/workloads/workload.h"

#include <algorithm>
#include <array>

namespace strata {

#define STRATA_WORKLOAD(name) extern const Workload name##_workload;
#include "shared/workloads/workloads.def"
#undef STRATA_WORKLOAD

namespace {
#define STRATA_WORKLOAD(name) &name##_workload,
constexpr std::array kWorkloads = {
#include "shared/workloads/workloads.def"
};
#undef STRATA_WORKLOAD
}  // namespace

Status Job::open(std::span<const std::byte> /*input*/, double /*operations_per_us*/) {
  return Ok{};
}

std::span<const Workload* const> workload_table() { return kWorkloads; }

const Workload* find_workload(std::string_view name) {
  const auto* found = std::find_if(kWorkloads.begin(), kWorkloads.end(),
                                   [name](const Workload* each) { return each->name == name; });
  return found == kWorkloads.end() ? nullptr : *found;
}

std::string_view name_of(Check check) {
  switch (check) {
    case Check::kOk:
      return "ok";
    case Check::kFailed:
      return "failed";
    case Check::kNotObserved:
      return "not_observed";
    case Check::kSkipped:
      break;
  }
  return "skipped";
}

}  // namespace strata
