// The switch on x86-64 under the System V convention.
//
// It leaves by `jmp` on an address that it has popped and not by `ret`: the return-address
// predictor of the core expects the caller of this call, which is on the other stack, and the miss
// costs 9 ns (measured: 11.5-13.4 against 2.3-3.6).
#include <cstdint>

#include "worker/fiber/context.h"

#if !defined(__x86_64__)
#error "this processor has no switch of strata's own; configure with -DSTRATA_FIBER=boost"
#endif

// A suspended stack holds, upwards from Context::at: r15 r14 r13 r12 rbx rbp, and where to go on.
asm(R"(
.text
.p2align 4
.globl strata_switch_context
.hidden strata_switch_context
.type strata_switch_context, @function
strata_switch_context:
  .cfi_startproc
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq (%rsi), %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  popq %rdx
  jmpq *%rdx
  .cfi_endproc
.size strata_switch_context, .-strata_switch_context

# The first thing on a new stack: r13(r12). Nobody called it: unwinding ends here.
.p2align 4
.globl strata_enter_context
.hidden strata_enter_context
.type strata_enter_context, @function
strata_enter_context:
  .cfi_startproc
  .cfi_undefined rip
  movq %r12, %rdi
  callq *%r13
  ud2
  .cfi_endproc
.size strata_enter_context, .-strata_enter_context
)");

extern "C" {
void strata_switch_context(strata::Context* from, const strata::Context* to);
void strata_enter_context();
}

namespace strata {

void make_context(Context& context, void* low, std::size_t bytes, void (*entry)(void*),
                  void* argument) {
  // 16-byte aligned where strata_enter_context calls, as the convention asks.
  const std::uintptr_t top = (reinterpret_cast<std::uintptr_t>(low) + bytes) & ~std::uintptr_t{15};
  auto* words = reinterpret_cast<void**>(top) - 9;  // Two spare, so that `top` is never read.
  words[0] = nullptr;                               // r15
  words[1] = nullptr;                               // r14
  words[2] = reinterpret_cast<void*>(entry);        // r13
  words[3] = argument;                              // r12
  words[4] = nullptr;                               // rbx
  words[5] = nullptr;                               // rbp: the end of a chain of frames
  words[6] = reinterpret_cast<void*>(&strata_enter_context);
  context.at = words;
}

void switch_context(Context& from, const Context& to) { strata_switch_context(&from, &to); }

}  // namespace strata
