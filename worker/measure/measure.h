// strata-worker as the subject of `strata units`: answers the question on the board.
#pragma once
#include <cstdint>

#include "shared/os/segment.h"

namespace strata {

// The board, mapped from kSegmentFd.
Result<Mapping> map_board();

// Runs all units of the board or, where units are processes, the one at `place`. Writes samples and
// errors to the board. Returns the exit status.
int run_measured(std::uint32_t place, Mapping board);

}  // namespace strata
