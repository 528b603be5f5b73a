#include "shared/unit/transfer.h"

#include <utility>

namespace strata {
namespace {

// Empty but for the moment between an await_suspend() and the return to resume_frame().
thread_local std::coroutine_handle<> noted_transfer;

}  // namespace

[[gnu::noinline]] void detail::note_transfer(std::coroutine_handle<> next) noexcept {
  noted_transfer = next;
}

[[gnu::noinline]] std::coroutine_handle<> detail::take_noted_transfer() noexcept {
  return std::exchange(noted_transfer, nullptr);
}

}  // namespace strata
