// What the sanitizers must be told at a switch, and nothing without them. The address sanitizer
// keeps the bounds of the running stack, the thread sanitizer the history of the running thread.
#pragma once
#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace strata {

// One of them for every stack that is switched to: fibers' and OS threads' own.
class SanitizedStack {
 public:
#if defined(__SANITIZE_ADDRESS__)
  // A fiber's, before it first runs.
  void made(const void* low, std::size_t bytes) {
    low_ = low;
    bytes_ = bytes;
  }
  // On the stack that is left. `for_ever`: nobody comes back to it before made().
  void leave_for(SanitizedStack& to, bool for_ever = false) {
    to.from_ = this;
    __sanitizer_start_switch_fiber(for_ever ? nullptr : &fake_, to.low_, to.bytes_);
  }
  // First thing on the stack that goes on. The stack that was left learns its own bounds, which for
  // an OS thread's nobody knew before.
  void arrived() {
    const void* low = nullptr;
    std::size_t bytes = 0;
    __sanitizer_finish_switch_fiber(fake_, &low, &bytes);
    fake_ = nullptr;
    if (from_ != nullptr && from_->low_ == nullptr) {
      from_->made(low, bytes);
    }
    from_ = nullptr;
  }
  void ended() {}
  void is_this_thread() {}

 private:
  void* fake_ = nullptr;
  const void* low_ = nullptr;
  std::size_t bytes_ = 0;
  SanitizedStack* from_ = nullptr;
#elif defined(__SANITIZE_THREAD__)
  void made(const void*, std::size_t) {
    if (fiber_ == nullptr) {
      fiber_ = __tsan_create_fiber(0);
    }
  }
  // The call must stand where the switch does; inlined, so that no frame of the left stack is
  // closed in the other one's history.
  [[gnu::always_inline]] void leave_for(SanitizedStack& to, bool = false) {
    __tsan_switch_to_fiber(to.fiber_, 0);
  }
  void arrived() {}
  // A fiber's stack goes back to the system.
  void ended() {
    if (fiber_ != nullptr) {
      __tsan_destroy_fiber(fiber_);
      fiber_ = nullptr;
    }
  }
  void is_this_thread() { fiber_ = __tsan_get_current_fiber(); }

 private:
  void* fiber_ = nullptr;
#else
  void made(const void*, std::size_t) {}
  void leave_for(SanitizedStack&, bool = false) {}
  void arrived() {}
  void ended() {}
  void is_this_thread() {}
#endif
};

}  // namespace strata
