// What distinguishes the rows of a sweep: the columns that tables and pages need for it.
#pragma once
#include <string>
#include <vector>

#include "coordinator/measure/sweep_plan.h"

namespace strata {

struct RowLabel {
  std::string title;  // "P", "T", "executor", "grain"
  bool number = false;
  std::vector<std::string> cells;  // One a row
};

// P and T always; G, executor, start, wait and parameters where they differ between rows.
std::vector<RowLabel> row_labels(const SweepPlan& plan);

// What all rows have in common, in words: "executor pool, start zygote, grain=100".
std::string common_text(const SweepPlan& plan);

}  // namespace strata
