// One breath of a busy loop: tells the core that another hyper-thread may have its place, without a
// system call.
#pragma once

namespace strata {

inline void cpu_pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace strata
