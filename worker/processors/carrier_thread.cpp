#include "worker/processors/carrier_thread.h"

#include <utility>

namespace strata {
namespace {
constinit thread_local CarrierThread* carrier_thread = nullptr;
}  // namespace

[[gnu::noinline]] CarrierThread* this_carrier_thread() {
  asm volatile("");  // Else the compiler may see that it has no effects, and call it once for two.
  return carrier_thread;
}
[[gnu::noinline]] CarrierThread* set_carrier_thread(CarrierThread* thread) {
  return std::exchange(carrier_thread, thread);
}

}  // namespace strata
