// A suspended stack, and the switch from one to another.
//
// Only what the calling convention makes a callee keep is saved: six integer registers, the stack
// pointer and where to go on. Boost's fcontext saves the floating-point control words too. Whoever
// changes rounding or trapping in a fiber asks for that: see FloatingPointModes.
//
// Built from context_x86_64.h, or with -DSTRATA_FIBER=boost over Boost.Context, which serves other
// processors and as the oracle of the tests.
#pragma once
#include <cstddef>

namespace strata {

// Where a stack goes on. Written by whoever leaves it.
struct Context {
  void* at = nullptr;
};

// Makes `context` begin entry(argument) on the stack [low, low + bytes). `bytes` >= 1024; the top
// need not be aligned. `entry` never returns: it switches away for the last time.
void make_context(Context& context, void* low, std::size_t bytes, void (*entry)(void*),
                  void* argument);

// Leaves the running stack, to be continued through `from`, and goes on at `to`, which must be
// suspended. Returns when somebody switches to `from`, maybe on another OS thread: addresses of
// thread-local variables that were taken before are wrong afterwards.
inline void switch_context(Context& from, const Context& to);

}  // namespace strata

#if defined(STRATA_FIBER_BOOST)
#include "worker/fiber/context_boost.h"
#else
#include "worker/fiber/context_x86_64.h"
#endif
