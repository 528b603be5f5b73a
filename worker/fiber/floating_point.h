// The rounding and trapping modes of a unit that changes them: MXCSR and the x87 control word.
//
// The switch does not save them (context.h). Who runs with modes of its own keeps them here: they
// are put away before each switch and back after it, and in between everybody else has the usual
// ones. The price, some 10 ns a switch, is paid by that unit alone.
#pragma once
#include <cstdint>

namespace strata {

#if defined(__x86_64__)
class FloatingPointModes {
 public:
  void put_away() {
    asm volatile("stmxcsr %0" : "=m"(mxcsr_));
    asm volatile("fnstcw %0" : "=m"(x87_));
    const std::uint32_t usual_mxcsr = kUsualMxcsr;
    const std::uint16_t usual_x87 = kUsualX87;
    asm volatile("ldmxcsr %0" : : "m"(usual_mxcsr));
    asm volatile("fldcw %0" : : "m"(usual_x87));
  }
  void put_back() const {
    asm volatile("ldmxcsr %0" : : "m"(mxcsr_));
    asm volatile("fldcw %0" : : "m"(x87_));
  }

 private:
  static constexpr std::uint32_t kUsualMxcsr = 0x1f80;  // All masked, to nearest: the ABI's start.
  static constexpr std::uint16_t kUsualX87 = 0x037f;
  std::uint32_t mxcsr_ = kUsualMxcsr;
  std::uint16_t x87_ = kUsualX87;
};
#else
// Boost.Context saves what the convention of the processor asks for.
class FloatingPointModes {
 public:
  void put_away() {}
  void put_back() const {}
};
#endif

}  // namespace strata
