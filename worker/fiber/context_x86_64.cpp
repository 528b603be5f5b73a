// A new stack on x86-64: made so that the switch finds on it what it would have left.
#include <cstdint>

#include "worker/fiber/context.h"

// The first thing on a new stack: rbp points to the entry and its argument, at the stack's top.
// Nobody called it: unwinding ends here.
asm(R"(
.text
.p2align 4
.globl strata_enter_context
.hidden strata_enter_context
.type strata_enter_context, @function
strata_enter_context:
  .cfi_startproc
  .cfi_undefined rip
  movq 8(%rbp), %rdi
  movq (%rbp), %rax
  xorl %ebp, %ebp
  callq *%rax
  ud2
  .cfi_endproc
.size strata_enter_context, .-strata_enter_context
)");

extern "C" void strata_enter_context();

namespace strata {

void make_context(Context& context, void* low, std::size_t bytes, void (*entry)(void*),
                  void* argument) {
  // 16-byte aligned where strata_enter_context calls, as the convention asks.
  const std::uintptr_t top = (reinterpret_cast<std::uintptr_t>(low) + bytes) & ~std::uintptr_t{15};
  auto* words = reinterpret_cast<void**>(top) - 4;  // NOLINT(performance-no-int-to-ptr)
  words[0] = reinterpret_cast<void*>(&strata_enter_context);
  words[1] = &words[2];  // rbp
  words[2] = reinterpret_cast<void*>(entry);
  words[3] = argument;
  context.at = words;
}

}  // namespace strata
