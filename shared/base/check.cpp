#include "shared/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace strata::detail {

void check_failed(const char* file, int line, std::string_view condition, std::string_view values) {
  std::fprintf(stderr, "strata: %s:%d: broken invariant: %.*s%.*s\n", file, line,
               static_cast<int>(condition.size()), condition.data(),
               static_cast<int>(values.size()), values.data());
  std::abort();
}

}  // namespace strata::detail
