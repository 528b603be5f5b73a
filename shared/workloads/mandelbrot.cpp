// mandelbrot: a picture of the Mandelbrot set, a row a unit. Rows that cross the set take a hundred
// times longer than those that miss it, and nobody knows before: shards that are cut alike are not
// alike, and layouts that balance them show it.
#include <algorithm>
#include <cstring>

#include "shared/workloads/common.h"
#include "shared/workloads/figures.h"
#include "shared/workloads/fractal.h"
#include "shared/workloads/png_file.h"
#include "shared/workloads/sha256.h"
#include "shared/workloads/workload.h"

namespace strata {
namespace {

constexpr ParameterSpec kParameters[] = {
    {.name = "width",
     .type = ParameterType::kInteger,
     .unit = "pixels",
     .low = 1,
     .high = 8192,
     .fallback = "1280",
     .summary = "of the picture"},
    {.name = "height",
     .type = ParameterType::kInteger,
     .unit = "pixels",
     .low = 1,
     .high = 8192,
     .fallback = "720",
     .summary = "of the picture; a row is a unit"},
    {.name = "iterations",
     .type = ParameterType::kInteger,
     .low = 1,
     .high = 1e6,
     .fallback = "500",
     .summary = "after so many a point counts as inside"},
    {.name = "samples",
     .type = ParameterType::kInteger,
     .low = 1,
     .high = 8,
     .fallback = "2",
     .summary = "each pixel is the mean of samples x samples points"},
    {.name = "x",
     .type = ParameterType::kReal,
     .low = -4,
     .high = 4,
     .fallback = "-0.65",
     .summary = "real part of the middle of the picture"},
    {.name = "y",
     .type = ParameterType::kReal,
     .low = -4,
     .high = 4,
     .fallback = "0",
     .summary = "imaginary part of the middle of the picture"},
    {.name = "span",
     .type = ParameterType::kReal,
     .low = 1e-12,
     .high = 8,
     .fallback = "4.2",
     .summary = "width of the picture in the complex plane"},
    {.name = "output",
     .type = ParameterType::kOutputFile,
     .summary = "the PNG file to write; none when left out"}};

constexpr ResultField kFields[] = {
    {"pixels", "", "pixels of the picture"},
    {"iterations", "", "iterations of all points"},
    {"mpixels_per_s", "Mpixel/s", "million pixels a second, over the makespan"},
    {"giterations_per_s", "G/s", "thousand million iterations a second, over the makespan"},
    {"sha256", "",
     "digest of the pixels, 3 bytes each from the upper left, equal to the serial one"}};

FractalView view_of(const Parameters& parameters) {
  return {.width = static_cast<std::uint32_t>(parameters.integer("width")),
          .height = static_cast<std::uint32_t>(parameters.integer("height")),
          .centre_x = parameters.real("x"),
          .centre_y = parameters.real("y"),
          .span = parameters.real("span"),
          .iterations = static_cast<std::uint32_t>(parameters.integer("iterations")),
          .samples = static_cast<std::uint32_t>(parameters.integer("samples"))};
}

class MandelbrotJob final : public Job {
 public:
  explicit MandelbrotJob(const Parameters& parameters)
      : view_(view_of(parameters)), output_(parameters.text("output")) {}

  Result<Plan> plan(const PlanContext& /*context*/) override {
    return Plan{.units = view_.height, .slot_bytes = row_bytes(), .unit_noun = "rows"};
  }

  Co<void> body(Unit& unit) const override {
    unit.add(kIterations, draw_row(view_, static_cast<std::uint32_t>(unit.index()), unit.slot()));
    co_return;
  }

  std::string reference() override {
    Sha256 sha256;
    std::uint64_t iterations = 0;
    std::vector<std::byte> row(row_bytes());
    for (std::uint32_t y = 0; y < view_.height; ++y) {
      iterations += draw_row(view_, y, row);
      sha256.update(row);
    }
    return answer(hexadecimal(sha256.finish()), iterations);
  }

  Outcome finish(const Results& results, const std::string& reference) override {
    std::vector<std::byte> pixels(row_bytes() * view_.height);
    for (const Piece& piece : results.pieces) {
      if (piece.first_unit < view_.height && piece.units <= view_.height - piece.first_unit) {
        std::memcpy(pixels.data() + piece.first_unit * row_bytes(), piece.slots,
                    piece.units * row_bytes());
      }
    }
    Sha256 digest;
    digest.update(pixels);
    const std::string sha256 = hexadecimal(digest.finish());
    const std::uint64_t iterations = results.sums[kIterations];
    const std::uint64_t count = std::uint64_t{view_.width} * view_.height;
    const double rate = per_second(static_cast<double>(count), results.makespan_s) * 1e-6;
    const double speed = per_second(static_cast<double>(iterations), results.makespan_s) * 1e-9;
    Outcome outcome;
    outcome.fields = {{"pixels", count},
                      {"iterations", iterations},
                      {"mpixels_per_s", rate},
                      {"giterations_per_s", speed},
                      {"sha256", sha256}};
    outcome.headline = grouped(view_.width) + " x " + grouped(view_.height) + " pixels   " +
                       three_digits(rate) + " Mpixel/s   sha256 " + shortened(sha256);
    outcome.check = Check::kFailed;
    if (const auto missing = missing_units(results, view_.height, "rows")) {
      outcome.detail = *missing;
    } else if (answer(sha256, iterations) != reference) {
      outcome.detail =
          "the pixels are " + answer(sha256, iterations) + ", the serial ones " + reference;
    } else {
      outcome.check = Check::kOk;
      outcome.detail = "the pixels equal the serial ones";
      write(pixels, outcome);
    }
    return outcome;
  }

 private:
  enum Sum : std::uint8_t { kIterations };

  [[nodiscard]] std::size_t row_bytes() const { return std::size_t{3} * view_.width; }

  static std::string answer(const std::string& sha256, std::uint64_t iterations) {
    return sha256 + " after " + grouped(iterations) + " iterations";
  }

  // A picture that was asked for and could not be written fails the run.
  void write(std::span<const std::byte> pixels, Outcome& outcome) const {
    if (output_.empty()) {
      return;
    }
    const Status written = write_png(output_, view_.width, view_.height, pixels);
    if (written) {
      outcome.headline += "   " + printable(output_);
    } else {
      outcome.check = Check::kFailed;
      outcome.detail += ", but: " + written.error().message;
    }
  }

  FractalView view_;
  std::string output_;
};

}  // namespace

extern const Workload mandelbrot_workload = {
    .name = "mandelbrot",
    .summary = "a picture of the Mandelbrot set, rows of very unequal length",
    .parameters = kParameters,
    .result_fields = kFields,
    .weak_parameter = "height",
    .make = make_job<MandelbrotJob>};

}  // namespace strata
