// The rounding and trapping modes of a unit that changes them: MXCSR and the x87 control word.
//
//     OwnFloatingPoint own(unit);
//     std::fesetround(FE_UPWARD);
//     co_await unit.yield();  // Upward again afterwards; nobody else has noticed.
//
// A switch of green threads does not save them (worker/fiber/context.h): who runs with modes of its
// own keeps them here. They are put away before each switch and back after it, and in between
// everybody else has the usual ones. The price, some 10 ns a switch, is paid by that unit alone.
#pragma once
#include <cstdint>

namespace strata {

class Unit;
class Carrier;

#if defined(__x86_64__)
class FloatingPointModes {
 public:
  // Takes down the calling thread's.
  void remember() {
    asm volatile("stmxcsr %0" : "=m"(mxcsr_));
    asm volatile("fnstcw %0" : "=m"(x87_));
  }
  // The same, and gives the thread the usual ones.
  void put_away() {
    remember();
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
  void remember() {}
  void put_away() {}
  void put_back() const {}
};
#endif

// While it lives, the modes that the calling unit sets are its own across whatever it awaits; at
// its end they are what they were before. One at a time in a unit; children of its joins begin with
// the usual modes or with its, as the executor does it. Throws std::runtime_error on an executor
// that cannot do it: `coroutine`, whose suspended units are frames and keep no state of the
// processor.
class OwnFloatingPoint {
 public:
  explicit OwnFloatingPoint(const Unit& unit);
  OwnFloatingPoint(const OwnFloatingPoint&) = delete;
  OwnFloatingPoint& operator=(const OwnFloatingPoint&) = delete;
  ~OwnFloatingPoint();

 private:
  Carrier& carrier_;
  FloatingPointModes before_;
  FloatingPointModes own_;  // While somebody else runs on this thread.
};

}  // namespace strata
