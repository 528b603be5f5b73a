#include "shared/workloads/fractal.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "shared/base/check.h"

namespace strata {
namespace {

struct Colour {
  double red = 0;
  double green = 0;
  double blue = 0;
};

// Night blue, blue, white, amber and brown, and round again.
struct Stop {
  double at;
  Colour colour;
};
constexpr std::array<Stop, 6> kStops{{{0.0, {0, 7, 100}},
                                      {0.16, {32, 107, 203}},
                                      {0.42, {237, 255, 255}},
                                      {0.6425, {255, 170, 0}},
                                      {0.8575, {40, 12, 20}},
                                      {1.0, {0, 7, 100}}}};
constexpr std::size_t kPaletteSize = 4096;
// Beyond this modulus the smooth count no longer shows where one iteration ends and the next
// begins.
constexpr double kEscapeSquared = 65536;

using Palette = std::array<Colour, kPaletteSize>;

Palette make_palette() {
  Palette palette{};
  std::size_t stop = 0;
  for (std::size_t i = 0; i < kPaletteSize; ++i) {
    const double at = static_cast<double>(i) / kPaletteSize;
    while (at >= kStops[stop + 1].at) {
      ++stop;
    }
    const Stop& from = kStops[stop];
    const Stop& to = kStops[stop + 1];
    const double linear = (at - from.at) / (to.at - from.at);
    const double part = linear * linear * (3 - 2 * linear);
    palette[i] = {from.colour.red + part * (to.colour.red - from.colour.red),
                  from.colour.green + part * (to.colour.green - from.colour.green),
                  from.colour.blue + part * (to.colour.blue - from.colour.blue)};
  }
  return palette;
}

// Of x >= 1, to eight digits: the exponent as it is stored, and the series of the area hyperbolic
// tangent for the rest.
double log2_of(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  const double exponent = static_cast<double>(bits >> 52U) - 1023;
  const double mantissa =
      std::bit_cast<double>((bits & 0x000f'ffff'ffff'ffffULL) | 0x3ff0'0000'0000'0000ULL);
  const double t = (mantissa - 1) / (mantissa + 1);
  const double t2 = t * t;
  double sum = 0;
  for (int power = 15; power >= 1; power -= 2) {
    sum = sum * t2 + 1.0 / power;
  }
  constexpr double kTwoOverLn2 = 2.8853900817779268;
  return exponent + kTwoOverLn2 * t * sum;
}

// How long a point took to escape, counted in fractions of an iteration; 0: it did not.
struct Escape {
  std::uint32_t iterations = 0;
  double smooth = 0;
};

Escape escape_of(double cx, double cy, std::uint32_t most) {
  double x = 0;
  double y = 0;
  double x2 = 0;
  double y2 = 0;
  for (std::uint32_t n = 1; n <= most; ++n) {
    y = 2 * x * y + cy;
    x = x2 - y2 + cx;
    x2 = x * x;
    y2 = y * y;
    if (x2 + y2 > kEscapeSquared) {
      const double logarithm = 0.5 * log2_of(x2 + y2);  // At least 8
      return {n, std::max(static_cast<double>(n) + 4 - log2_of(logarithm), 1.0)};
    }
  }
  return {most, 0};
}

Colour colour_of(const Palette& palette, const Escape& escape) {
  if (escape.smooth == 0) {
    return {};
  }
  // By the logarithm: bands keep their width as they crowd towards the edge of the set.
  const double turns = 0.27 * log2_of(escape.smooth) - 0.49;
  const double part = turns - std::floor(turns);
  return palette[std::min(static_cast<std::size_t>(part * kPaletteSize), kPaletteSize - 1)];
}

std::byte channel(double sum, double samples) {
  return static_cast<std::byte>(std::clamp(sum / samples + 0.5, 0.0, 255.0));
}

}  // namespace

std::uint64_t draw_row(const FractalView& view, std::uint32_t row, std::span<std::byte> rgb) {
  static const Palette kPalette = make_palette();
  STRATA_CHECK(rgb.size() == std::size_t{3} * view.width, rgb.size(), view.width);
  const double step = view.span / (static_cast<double>(view.width) * view.samples);
  const double left = view.centre_x - view.span / 2 + step / 2;
  const double top =
      view.centre_y + step * static_cast<double>(view.height) * view.samples / 2 - step / 2;
  const auto squared = static_cast<double>(view.samples) * view.samples;
  std::uint64_t iterations = 0;
  for (std::uint32_t column = 0; column < view.width; ++column) {
    Colour sum;
    for (std::uint32_t sample = 0; sample < view.samples * view.samples; ++sample) {
      const std::uint32_t across = column * view.samples + sample % view.samples;
      const std::uint32_t down = row * view.samples + sample / view.samples;
      const Escape escape = escape_of(left + step * across, top - step * down, view.iterations);
      const Colour colour = colour_of(kPalette, escape);
      iterations += escape.iterations;
      sum.red += colour.red;
      sum.green += colour.green;
      sum.blue += colour.blue;
    }
    rgb[3 * std::size_t{column}] = channel(sum.red, squared);
    rgb[3 * std::size_t{column} + 1] = channel(sum.green, squared);
    rgb[3 * std::size_t{column} + 2] = channel(sum.blue, squared);
  }
  return iterations;
}

}  // namespace strata
