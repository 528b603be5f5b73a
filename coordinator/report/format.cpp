#include "coordinator/report/format.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace strata {
namespace {

struct Step {
  double size;
  std::string_view name;
};

// The value in the largest step that it fills; 999.6 of one step is 1.00 of the next.
template <std::size_t N>
std::string stepped(double value, const std::array<Step, N>& steps) {
  for (const Step& step : steps) {
    if (std::abs(value) >= step.size * 0.9995) {
      return significant(value / step.size) + " " + std::string(step.name);
    }
  }
  return significant(value / steps.back().size) + " " + std::string(steps.back().name);
}

}  // namespace

std::string seconds_text(double seconds) {
  static constexpr std::array<Step, 4> kSteps{
      {{1.0, "s"}, {1e-3, "ms"}, {1e-6, "us"}, {1e-9, "ns"}}};
  return seconds == 0 ? "0 s" : stepped(seconds, kSteps);
}

std::string duration_text(double seconds) {
  if (!(seconds >= 0) || seconds > 1e9) {
    return "?";
  }
  if (seconds < 9.95) {
    return fixed(seconds, 1) + " s";
  }
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  if (whole < 60) {
    return std::to_string(whole) + " s";
  }
  if (whole < 3600) {
    return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  }
  return std::to_string(whole / 3600) + " h " + std::to_string(whole % 3600 / 60) + " min";
}

std::string bytes_text(double bytes) {
  static constexpr std::array<Step, 5> kSteps{
      {{1e12, "TB"}, {1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}, {1, "B"}}};
  return bytes < 1000 ? fixed(bytes, 0) + " B" : stepped(bytes, kSteps);
}

std::string count_text(std::uint64_t count) {
  const std::string digits = std::to_string(count);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) {
      text += ',';
    }
    text += digits[i];
  }
  return text;
}

std::string count_of(std::uint64_t count, std::string_view plural_noun) {
  if (count != 1) {
    return count_text(count) + " " + std::string(plural_noun);
  }
  if (plural_noun.ends_with("sses")) {  // processes
    plural_noun.remove_suffix(2);
  } else if (plural_noun.ends_with("s")) {
    plural_noun.remove_suffix(1);
  }
  return std::string("1 ").append(plural_noun);
}

std::string significant(double value) {
  if (!std::isfinite(value)) {
    return "?";
  }
  if (value == 0) {
    return "0";
  }
  const double magnitude = std::abs(value);
  if (magnitude >= 999.5 && magnitude < 1e15) {
    std::string text(value < 0 ? "-" : "");
    return text += count_text(static_cast<std::uint64_t>(std::llround(magnitude)));
  }
  // The digits before the point of what will be printed, so that 9.995 becomes 10.0, not 10.00.
  const int exponent = static_cast<int>(std::floor(std::log10(magnitude * 1.0005)));
  const int decimals = 2 - exponent;
  if (decimals > 9) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.2e", value);
    return text.data();
  }
  return fixed(value, decimals < 0 ? 0 : decimals);
}

std::string fixed(double value, int decimals) {
  if (!std::isfinite(value)) {
    return "?";
  }
  std::array<char, 400> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value,
                                          std::chars_format::fixed, decimals);
  return error == std::errc{} ? std::string(text.data(), end) : "?";
}

std::string exact(double value) {
  if (!std::isfinite(value)) {
    return "";
  }
  std::array<char, 64> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} ? std::string(text.data(), end) : "";
}

}  // namespace strata
