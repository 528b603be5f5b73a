// The zygote: makes workers by clone, from a process that has loaded everything and done nothing.
#pragma once
#include <cstdint>

#include "shared/os/segment.h"

namespace strata {

// What the children of a zygote are: workers, or units that are measured.
struct ZygoteLife {
  Result<Mapping> (*map)();                          // What lies in kSegmentFd
  int (*run)(std::uint32_t place, Mapping mapping);  // Gives the exit status.
};

// Serves the agent's requests on kZygoteFd until it closes. In each child that it makes, returns
// that child's exit status.
int run_zygote(const ZygoteLife& life);

}  // namespace strata
