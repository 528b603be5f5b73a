// The Mandelbrot set, row by row, in colours that flow.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace strata {

struct FractalView {
  std::uint32_t width = 0;   // Pixels
  std::uint32_t height = 0;  // Pixels
  double centre_x = 0;       // In the complex plane
  double centre_y = 0;
  double span = 0;  // Width of the picture in the plane.
  std::uint32_t iterations = 0;
  std::uint32_t samples = 1;  // Each pixel is the mean of samples x samples points.
};

// Draws a row (0 is the top one) as 3 bytes a pixel; gives the iterations that it took.
//
// A pure function to the last bit, on every machine: additions and multiplications only. The
// logarithm of the C library will not do, it picks its code by the processor it finds.
std::uint64_t draw_row(const FractalView& view, std::uint32_t row, std::span<std::byte> rgb);

}  // namespace strata
