// Figures for people: three significant digits, a unit always, counts with separators.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace strata {

// "1.04 s", "203 ms", "6.12 ms", "41.0 us", "8.1 ns" (three significant digits).
std::string seconds_text(double seconds);
// For what is left to wait: "0.4 s", "58 s", "3 min 20 s", "2 h 5 min".
std::string duration_text(double seconds);
// Decimal units, as storage and networks use them: "556 kB", "1.31 GB".
std::string bytes_text(double bytes);
// "12,481"
std::string count_text(std::uint64_t count);
// "12,481 files", "1 file": a noun given in the plural loses its s for one.
std::string count_of(std::uint64_t count, std::string_view plural_noun);
// Three significant digits without a unit: "1.95", "0.0123", "412", "1,230".
std::string significant(double value);
// Fixed decimals: fixed(1.945, 2) is "1.95" (or "1.94": binary halves go either way).
std::string fixed(double value, int decimals);
// The shortest text that reads back as the same number: for CSV.
std::string exact(double value);

}  // namespace strata
