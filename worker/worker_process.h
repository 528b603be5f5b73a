// The life of one worker process: its control thread, which beats and receives, and the executor
// that it feeds.
#pragma once
#include <cstdint>

#include "shared/os/segment.h"

namespace strata {

// Runs worker `place` until it is told to quit or its agent dies. `pages` maps the host's pages;
// empty: they are mapped here. Returns the exit status.
int run_worker(std::uint32_t place, Mapping pages);

// The host's pages, mapped from kSegmentFd, for as many workers as the segment says.
Result<Mapping> map_pages();

}  // namespace strata
