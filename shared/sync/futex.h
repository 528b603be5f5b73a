// The kernel's wait on a word, as thin as it gets. Callers look at the word again whatever ends the
// wait. Words may lie in memory shared between processes.
#pragma once
#include <atomic>
#include <cstdint>

namespace strata {

// Sleeps while the word is `expected`: until it is woken, interrupted, or `limit_ns` nanoseconds
// have passed (UINT64_MAX: no limit).
void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                std::uint64_t limit_ns = UINT64_MAX);
// Never reads the word: it may be gone.
void futex_wake_all(const std::atomic<std::uint32_t>& word);

}  // namespace strata
