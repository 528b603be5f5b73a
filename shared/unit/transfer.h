// Going from one coroutine frame to another without deepening the stack.
//
// A symmetric transfer is a jump where the compiler makes it a tail call. It does not under the
// sanitizers, nor without optimization: there each child that ends at once would leave two calls on
// the stack, and a loop that awaits a million of them overflows any. So in such builds the frame to
// go on with is noted, and whoever resumed the one before takes it from there.
#pragma once
#include <coroutine>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__OPTIMIZE__)
#define STRATA_TRANSFER_BY_NOTE 1
#else
#define STRATA_TRANSFER_BY_NOTE 0
#endif

namespace strata {

namespace detail {
// This thread's note; null: nothing. Not inlined: a unit may come back on another thread.
void note_transfer(std::coroutine_handle<> next) noexcept;
std::coroutine_handle<> take_noted_transfer() noexcept;
}  // namespace detail

// What an await_suspend() returns to go on with `next`.
inline std::coroutine_handle<> transfer_to(std::coroutine_handle<> next) noexcept {
  if constexpr (STRATA_TRANSFER_BY_NOTE != 0) {
    detail::note_transfer(next);
    return std::noop_coroutine();
  }
  return next;
}

// As handle.resume(): runs the frame, and those it transfers to, until one is suspended or the last
// has ended. All frames of units are resumed by this.
inline void resume_frame(std::coroutine_handle<> frame) {
  frame.resume();
  if constexpr (STRATA_TRANSFER_BY_NOTE != 0) {
    while (const std::coroutine_handle<> next = detail::take_noted_transfer()) {
      next.resume();
    }
  }
}

}  // namespace strata
