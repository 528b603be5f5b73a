#include "shared/unit/join.h"

#include "shared/base/check.h"

namespace strata {

std::coroutine_handle<> detail::end_child(Join& join, std::exception_ptr error) noexcept {
  if (error) [[unlikely]] {
    join.fail(std::move(error));
  }
  const std::coroutine_handle<> parent = join.parent_;
  switch (join.carrier_.fork_way()) {
    case ForkWay::kInPlace:
      join.came_back();
      return parent;
    case ForkWay::kFrames:
      if (join.carrier_.pop_fork(parent)) {
        join.came_back();
        return parent;
      }
      return join.child_ended() ? parent : std::noop_coroutine();
    case ForkWay::kStacks:
      break;  // The stack that began the child sees to it.
  }
  return std::noop_coroutine();
}

void Join::ended_early() {
  STRATA_CHECK(
      false, "a Join ended while children of it may still run; co_await its wait() on every path");
  __builtin_unreachable();
}

}  // namespace strata
