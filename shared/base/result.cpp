#include "shared/base/result.h"

#include <cstring>

namespace strata {

Error system_error(Exit exit, const std::string& operation, int error_number) {
  char text[128];
  // The GNU strerror_r is the thread-safe one; it may return text of its own.
  return Error{exit, operation + ": " + strerror_r(error_number, text, sizeof text)};
}

}  // namespace strata
