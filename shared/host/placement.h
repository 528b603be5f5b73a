// Which worker runs on which CPUs: one rule, for the agent (status), the worker (its pinned
// carriers) and the coordinator (the placement printed before a run).
//
// Carrier i of a host, counted through its workers, runs on CPU i mod n of the pin order. Without
// pinning the kernel decides, among all usable CPUs.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "shared/base/layout.h"
#include "shared/os/usable_cpus.h"

namespace strata {

// The usable CPUs in the order that carriers are pinned to them; at most kMaxCpus, which is what a
// worker is told.
std::vector<int> pin_order(Pin pin, const UsableCpus& usable);

// The CPU of each of the `threads` carriers of worker `place`, in order; nothing when not pinned.
// `order` is not empty.
std::vector<int> carrier_cpus(Pin pin, std::span<const int> order, std::uint32_t threads,
                              std::uint32_t place);

// The CPUs that worker `place` may run on, ascending, each once. `order` is not empty.
std::vector<int> worker_cpus(Pin pin, std::span<const int> order, std::uint32_t threads,
                             std::uint32_t place);

}  // namespace strata
