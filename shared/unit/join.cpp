#include "shared/unit/join.h"

#include "shared/base/check.h"

namespace strata {

void detail::fail_child(Join& join, std::exception_ptr error) noexcept {
  join.fail(std::move(error));
}

std::coroutine_handle<> detail::end_child(Join& join) noexcept {
  switch (join.carrier_.fork_way()) {
    case ForkWay::kFrames:
      return join.carrier_.end_fork(join);
    case ForkWay::kInPlace:
      join.came_back();
      return join.parent_;
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
