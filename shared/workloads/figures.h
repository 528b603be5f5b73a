// Figures and names as people read them: three significant digits, a unit, nothing unprintable.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace strata {

// 12481 -> "12,481"
std::string grouped(std::uint64_t number);
// Three significant digits: 1.26, 12.6, 126, "1,260" from a thousand on.
std::string three_digits(double number);
// "1.31 GB", "96 B": decimal multiples.
std::string in_bytes(double bytes);
// "1.04 s", "203 ms", "6.10 us"
std::string in_seconds(double seconds);
// A text for the middle of a sentence or a JSON string: control characters, backslashes and bytes
// that are not UTF-8 become \xNN.
std::string printable(std::string_view text);
// The first and the last four characters of a long hexadecimal text: "5b1f…c02a".
std::string shortened(std::string_view hexadecimal);
// 64 bits as sixteen hexadecimal digits.
std::string hexadecimal(std::uint64_t bits);

}  // namespace strata
