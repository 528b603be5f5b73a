#include "shared/workloads/common.h"

#include "shared/workloads/figures.h"

namespace strata {

std::optional<std::string> missing_units(const Results& results, std::uint64_t units,
                                         const std::string& noun) {
  std::uint64_t next = 0;
  std::uint64_t missing = 0;
  for (const Piece& piece : results.pieces) {
    if (piece.first_unit < next || piece.units > units || piece.first_unit > units - piece.units) {
      return "the results overlap or lie outside the " + grouped(units) + " " + noun + " at unit " +
             grouped(piece.first_unit);
    }
    missing += piece.first_unit - next;
    next = piece.first_unit + piece.units;
  }
  missing += units - next;
  if (missing > 0 || results.completed != units) {
    return grouped(missing > 0 ? missing : units - results.completed) + " of " + grouped(units) +
           " " + noun + " were never committed";
  }
  return std::nullopt;
}

double per_second(double amount, double seconds) { return seconds > 0 ? amount / seconds : 0; }

}  // namespace strata
