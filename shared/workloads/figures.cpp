#include "shared/workloads/figures.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>

namespace strata {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

std::string with_decimals(double number, int decimals) {
  std::array<char, 64> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number,
                                 std::chars_format::fixed, decimals);
  return {text.data(), end.ptr};
}

// The length of the well-formed UTF-8 character that `text` begins with, or 0.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) {
    return 1;
  }
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) {
    return 0;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) {
      return 0;
    }
  }
  // Overlong forms, surrogates and what lies beyond U+10FFFF are known by the second byte.
  const unsigned second = byte(1);
  const bool wrong = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                     (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
  return wrong ? 0 : length;
}

}  // namespace

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t end = text.size(); end > 3; end -= 3) {
    text.insert(end - 3, 1, ',');
  }
  return text;
}

std::string three_digits(double number) {
  const double size = std::fabs(number);
  if (!(size < 1e15)) {
    return std::isnan(number) ? "?" : number < 0 ? "-inf" : "inf";
  }
  if (size >= 999.5) {
    std::string text = grouped(static_cast<std::uint64_t>(std::llround(size)));
    return number < 0 ? "-" + text : text;
  }
  return with_decimals(number, size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3);
}

std::string in_bytes(double bytes) {
  static constexpr std::array<std::string_view, 5> kUnits{"B", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  while (bytes >= 999.5 && unit + 1 < kUnits.size()) {
    bytes /= 1000;
    ++unit;
  }
  return (unit == 0 ? with_decimals(bytes, 0) : three_digits(bytes)) + " " +
         std::string(kUnits[unit]);
}

std::string in_seconds(double seconds) {
  if (seconds >= 0.9995) {
    return three_digits(seconds) + " s";
  }
  return seconds >= 0.9995e-3 ? three_digits(seconds * 1e3) + " ms"
                              : three_digits(seconds * 1e6) + " us";
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    const std::size_t length = utf8_length(text);
    if (length == 0 || byte < 0x20 || byte == 0x7F || byte == '\\') {
      out += {'\\', 'x', kDigits[byte >> 4U], kDigits[byte & 15U]};
      text.remove_prefix(1);
    } else {
      out += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  return out;
}

std::string shortened(std::string_view hexadecimal) {
  if (hexadecimal.size() <= 12) {
    return std::string(hexadecimal);
  }
  return std::string(hexadecimal.substr(0, 4)) + "…" +
         std::string(hexadecimal.substr(hexadecimal.size() - 4));
}

std::string hexadecimal(std::uint64_t bits) {
  std::string text(16, '0');
  for (std::size_t i = text.size(); i-- > 0; bits >>= 4U) {
    text[i] = kDigits[bits & 15U];
  }
  return text;
}

}  // namespace strata
