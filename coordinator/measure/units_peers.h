// Python's and Go's units, measured beside strata's by small programs in those languages, where
// they are installed.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/measure/units.h"
#include "shared/base/result.h"

namespace strata {

struct UnitPeer {
  std::string_view name;               // "python": in --only
  std::string_view program;            // "python3": looked for in PATH
  std::string_view file;               // What its source is called
  std::string_view source;             // Prints lines: row, figure, samples
  std::vector<std::string> arguments;  // Before the file's path
};

std::span<const UnitPeer> unit_peers();

// Its rows; none when it is not installed, or does not run within 20 s. Error: interrupted, and
// nothing is left.
Result<std::vector<UnitFigures>> measure_peer(const UnitPeer& peer);

// The rows of what a peer printed; lines that are no figures are left out.
std::vector<UnitFigures> peer_rows(std::string_view printed);

}  // namespace strata
