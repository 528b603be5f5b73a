// Something that can run on a processor: a suspended coroutine frame, or a fiber. One word, so that
// queues need not know which.
#pragma once
#include <coroutine>
#include <cstdint>

#include "worker/fiber/fiber.h"

namespace strata {

class Runnable {
 public:
  Runnable() = default;  // Nothing
  explicit Runnable(std::coroutine_handle<> frame)
      : word_(reinterpret_cast<std::uintptr_t>(frame.address())) {}
  explicit Runnable(Fiber& fiber) : word_(reinterpret_cast<std::uintptr_t>(&fiber) | kFiber) {}
  static Runnable of_word(std::uint64_t word) {
    Runnable made;
    made.word_ = word;
    return made;
  }

  explicit operator bool() const { return word_ != 0; }
  bool operator==(const Runnable&) const = default;
  [[nodiscard]] std::uint64_t word() const { return word_; }
  [[nodiscard]] bool is_fiber() const { return (word_ & kFiber) != 0; }
  [[nodiscard]] Fiber& fiber() const {
    return *reinterpret_cast<Fiber*>(word_ & ~kFiber);  // NOLINT(performance-no-int-to-ptr)
  }
  [[nodiscard]] std::coroutine_handle<> frame() const {
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    return std::coroutine_handle<>::from_address(reinterpret_cast<void*>(word_));
  }
  // To be kept where only a handle has room (Waiter::frame, Join::parent). Not to be resumed.
  [[nodiscard]] std::coroutine_handle<> as_handle() const { return frame(); }
  static Runnable of_handle(std::coroutine_handle<> handle) { return Runnable(handle); }

 private:
  static constexpr std::uintptr_t kFiber = 1;  // Frames and fibers are aligned to 16 at least.
  std::uintptr_t word_ = 0;
};

}  // namespace strata
