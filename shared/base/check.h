// STRATA_CHECK(condition, values...): a broken invariant stops the process, showing the values.
// For what cannot happen unless the program is wrong; a bad input is a Result.
#pragma once
#include <sstream>
#include <string_view>

namespace strata::detail {
[[noreturn]] void check_failed(const char* file, int line, std::string_view condition,
                               std::string_view values);

template <typename... Values>
[[noreturn]] [[gnu::cold]] void check_failed_with(const char* file, int line,
                                                  std::string_view condition,
                                                  const Values&... values) {
  std::ostringstream text;
  ((text << ' ' << values), ...);
  check_failed(file, line, condition, text.str());
}
}  // namespace strata::detail

#define STRATA_CHECK(condition, ...)                                              \
  do {                                                                            \
    if (!(condition)) [[unlikely]] {                                              \
      ::strata::detail::check_failed_with(__FILE__, __LINE__,                     \
                                          #condition __VA_OPT__(, ) __VA_ARGS__); \
    }                                                                             \
  } while (false)
