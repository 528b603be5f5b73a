#include "shared/unit/join.h"

#include "shared/base/check.h"

namespace strata {

void detail::fail_child(Join& join, std::exception_ptr error) noexcept {
  join.fail(std::move(error));
}

std::coroutine_handle<> detail::end_child(Join& join) noexcept {
  return join.carrier_.end_fork(join);
}

void Join::ended_early() {
  STRATA_CHECK(
      false, "a Join ended while children of it may still run; co_await its wait() on every path");
  __builtin_unreachable();
}

}  // namespace strata
