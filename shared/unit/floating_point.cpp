#include "shared/unit/floating_point.h"

#include <stdexcept>

#include "shared/unit/unit.h"

namespace strata {

OwnFloatingPoint::OwnFloatingPoint(const Unit& unit) : carrier_(unit.carrier()) {
  if (!carrier_.keep_modes(&own_)) {
    throw std::runtime_error(
        "this executor keeps no floating-point modes of a unit; run it with -x green or -x "
        "threads");
  }
  before_.remember();
}

OwnFloatingPoint::~OwnFloatingPoint() {
  before_.put_back();
  (void)carrier_.keep_modes(nullptr);
}

}  // namespace strata
