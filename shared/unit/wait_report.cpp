#include "shared/unit/wait_report.h"

#include <algorithm>

namespace strata {
namespace {

constexpr std::size_t kNamed = 8;  // More would not be read.

std::string units_text(const std::set<std::uint64_t>& units) {
  const std::size_t named = std::min(units.size(), kNamed);
  std::string text = units.size() == 1 ? "unit " : "units ";
  std::size_t at = 0;
  for (const std::uint64_t unit : units) {
    if (at == named) {
      break;
    }
    if (at != 0) {
      text += at + 1 == units.size() ? " and " : ", ";
    }
    text += std::to_string(unit);
    ++at;
  }
  if (units.size() > named) {
    text += " and " + std::to_string(units.size() - named) + " more";
  }
  return text + (units.size() == 1 ? " waits for " : " wait for ");
}

}  // namespace

std::string WaitReport::deadlock() const {
  std::string text = "deadlock: all units that are left wait, and nobody can wake them: ";
  bool first = true;
  for (const auto& [what, units] : waits_) {
    text += (first ? "" : "; ") + units_text(units) + std::string(what);
    first = false;
  }
  return text;
}

}  // namespace strata
