// A pair of fences of which one side costs nothing.
//
// Two threads that each write a word and then read the other's need a full fence on both sides, or
// both may read old values. Where one side runs a million times as often as the other, membarrier()
// lets the rare side pay for both: it interrupts every core that runs this process, 10 us where a
// sibling is busy, and the frequent side only keeps the compiler from reordering.
#pragma once
#include <atomic>

namespace strata {

namespace detail {
// Whether the rare side pays. Written by prepare_asymmetric_fence() before the first fence.
extern constinit std::atomic<bool> rare_side_pays;
}  // namespace detail

// Before the first use in this process; again does no harm. Where the kernel has no membarrier()
// both sides pay from then on.
void prepare_asymmetric_fence();

// The frequent side.
inline void light_fence() {
  asm volatile("" ::: "memory");
  if (!detail::rare_side_pays.load(std::memory_order_relaxed)) [[unlikely]] {
    // An exchange on memory of our own is a full fence, and one that thread sanitizers accept.
    std::atomic<int> own{0};
    own.exchange(1, std::memory_order_seq_cst);
    asm volatile("" ::: "memory");
  }
}

// The rare side.
void heavy_fence();

}  // namespace strata
