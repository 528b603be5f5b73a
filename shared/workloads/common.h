// What the checks of several workloads say in the same words.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "shared/workloads/workload.h"

namespace strata {

// A failed check when units are missing or were counted more than once; nothing when all of `units`
// are there, each once.
std::optional<std::string> missing_units(const Results& results, std::uint64_t units,
                                         const std::string& noun);

// "units a second" of a quantity: 0 for a makespan of 0.
double per_second(double amount, double seconds);

}  // namespace strata
