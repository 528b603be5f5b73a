#include "shared/unit/waiter.h"

#include <utility>

#include "shared/unit/carrier.h"

namespace strata {

void ParkedList::cancel_all() {
  Waiter* ended = nullptr;
  {
    const std::lock_guard lock(lock_);
    for (Waiter* waiter = first_; waiter != nullptr;) {
      Waiter& each = *std::exchange(waiter, waiter->listed_before_);
      // Whoever settled it otherwise unparks it, and it takes itself out.
      if (each.settle(Waiter::Outcome::kUnitsCancelled)) {
        unlink(each);
        each.listed_before_ = std::exchange(ended, &each);
      }
    }
  }
  while (ended != nullptr) {
    Waiter& waiter = *std::exchange(ended, ended->listed_before_);  // Read before it may be gone.
    waiter.carrier().unpark(waiter);
  }
}

}  // namespace strata
