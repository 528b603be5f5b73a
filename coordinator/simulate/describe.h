// Events and actions as numbers and as text: for a run's digest, and for the trace of a failing
// seed.
#pragma once
#include <cstdint>
#include <string>

#include "coordinator/cluster/core.h"

namespace strata {

std::uint64_t digest_of(const Event& event);
std::uint64_t digest_of(const Action& action);
std::string text_of(const Event& event);
std::string text_of(const Action& action);

}  // namespace strata
