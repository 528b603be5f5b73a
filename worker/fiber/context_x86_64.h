// The switch on x86-64 under the System V convention, inline.
//
// It is neither called nor left by `ret`, for the sake of the core's return-address predictor, a
// stack of its own that pairs each `ret` with its `call`. Leaving by `ret` goes where the predictor
// does not expect it (measured between two stacks: 11.5-13.4 ns a switch against 2.3-3.6). Leaving
// a called function by `jmp` is as cheap by itself, but leaves one call too many in the predictor,
// so that every `ret` on the way out of the new stack misses: a yield cost 24 ns where this one
// costs a third. Inline there is no call to pair, and fibers that were suspended at the same place
// return through the same callers, as predicted.
#pragma once

#if !defined(__x86_64__)
#error "this processor has no switch of strata's own; configure with -DSTRATA_FIBER=boost"
#endif

#include "worker/fiber/context.h"

namespace strata {

// A suspended stack holds, upwards from Context::at: where to go on, rbp, r15, r14, r13, r12, rbx.
// What else is in use the compiler saves, since everything is said to be overwritten. It steps over
// the 128 bytes below the stack pointer, that the convention lets a function use without saying so.
[[gnu::always_inline]] inline void switch_context(Context& from, const Context& to) {
  Context* left = &from;
  const Context* next = &to;
  asm volatile(
      "leaq -128(%%rsp), %%rsp\n\t"
      "pushq %%rbp\n\t"
      "leaq 1f(%%rip), %%rax\n\t"
      "pushq %%rax\n\t"
      "movq %%rsp, (%0)\n\t"
      "movq (%1), %%rsp\n\t"
      "popq %%rax\n\t"
      "popq %%rbp\n\t"
      "jmpq *%%rax\n\t"
      ".p2align 4\n"
      "1:\n\t"
      "leaq 128(%%rsp), %%rsp\n\t"
      : "+D"(left), "+S"(next)
      :
      : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "cc",
        "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
        "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
}

}  // namespace strata
