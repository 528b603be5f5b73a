#include "worker/processors/carrier_thread.h"

#include <utility>

namespace strata {

constinit thread_local CarrierThread* detail::carrier_thread = nullptr;

[[gnu::noinline]] CarrierThread* this_carrier_thread() {
  asm volatile("");  // Else the compiler may see that it has no effects, and call it once for two.
  return detail::carrier_thread;
}
[[gnu::noinline]] CarrierThread* set_carrier_thread(CarrierThread* thread) {
  return std::exchange(detail::carrier_thread, thread);
}

}  // namespace strata
