// mandelbrot: the same pixels however it is cut, and a PNG that holds exactly these.
#include <gtest/gtest.h>
#include <png.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <cstring>

#include "shared/workloads/fractal.h"
#include "shared/workloads/png_file.h"
#include "shared/workloads/sha256.h"
#include "tests/unit/temporary_folder.h"
#include "tests/unit/workloads_runner.h"

namespace strata {
namespace {

using testing::field;
using testing::TemporaryFolder;
using testing::WorkloadRunner;

struct Picture {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::vector<std::byte> rgb;
};

Picture read_png(const std::string& path) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_file(&image, path.c_str()) == 0) {
    throw std::runtime_error(image.message);
  }
  EXPECT_EQ(image.format, static_cast<png_uint_32>(PNG_FORMAT_RGB));
  image.format = PNG_FORMAT_RGB;
  Picture picture{image.width, image.height, std::vector<std::byte>(PNG_IMAGE_SIZE(image))};
  if (png_image_finish_read(&image, nullptr, picture.rgb.data(), 0, nullptr) == 0) {
    throw std::runtime_error(image.message);
  }
  return picture;
}

std::size_t files_in(const TemporaryFolder& folder) {
  const std::filesystem::directory_iterator files(folder.path());
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

TEST(Mandelbrot, WritesThePictureThatItsDigestIsOf) {
  const TemporaryFolder folder;
  const std::string path = folder / "picture.png";
  WorkloadRunner runner("mandelbrot", {"width=67", "height=31", "iterations=60", "output=" + path});
  const Outcome outcome = runner.run().finish();
  EXPECT_EQ(outcome.check, Check::kOk) << outcome.detail;

  const Picture picture = read_png(path);
  EXPECT_EQ(picture.width, 67U);
  EXPECT_EQ(picture.height, 31U);
  Sha256 sha256;
  sha256.update(picture.rgb);
  EXPECT_EQ(hexadecimal(sha256.finish()), field<std::string>(outcome, "sha256"));
  EXPECT_EQ(field<std::uint64_t>(outcome, "pixels"), 67U * 31U);
  EXPECT_EQ(files_in(folder), 1U);
}

TEST(Mandelbrot, IsTheSameHoweverItIsCut) {
  std::string sha256;
  for (const std::uint64_t units_in_piece : {1U, 4U, 1000U}) {
    WorkloadRunner runner("mandelbrot", {"width=40", "height=30", "iterations=50"},
                          {.seed = units_in_piece, .units_in_piece = units_in_piece, .threads = 3});
    const Outcome outcome = runner.run().finish();
    EXPECT_EQ(outcome.check, Check::kOk) << outcome.detail;
    EXPECT_TRUE(sha256.empty() || sha256 == field<std::string>(outcome, "sha256"));
    sha256 = field<std::string>(outcome, "sha256");
  }
}

TEST(Mandelbrot, FailsItsCheckAndWritesNothingWhenAPixelIsWrong) {
  const TemporaryFolder folder;
  WorkloadRunner runner(
      "mandelbrot", {"width=10", "height=10", "iterations=20", "output=" + folder / "picture.png"});
  runner.run().slots()[123] ^= std::byte{1};
  const Outcome outcome = runner.finish();
  EXPECT_EQ(outcome.check, Check::kFailed);
  EXPECT_NE(outcome.detail.find("the serial ones"), std::string::npos);
  EXPECT_EQ(files_in(folder), 0U);
}

TEST(Mandelbrot, FailsItsCheckWhenARowIsMissing) {
  WorkloadRunner runner("mandelbrot", {"width=10", "height=10", "iterations=20"});
  runner.run().pieces().pop_back();
  const Outcome outcome = runner.finish();
  EXPECT_EQ(outcome.check, Check::kFailed);
  EXPECT_EQ(outcome.detail, "1 of 10 rows were never committed");
}

TEST(Mandelbrot, FailsWhenThePictureCannotBeWritten) {
  TemporaryFolder folder;
  std::filesystem::create_directory(folder / "sub");
  WorkloadRunner runner("mandelbrot", {"width=10", "height=10", "iterations=20",
                                       "output=" + folder / "sub/picture.png"});
  std::filesystem::remove(folder / "sub");
  const Outcome outcome = runner.run().finish();
  EXPECT_EQ(outcome.check, Check::kFailed);
  EXPECT_EQ(outcome.detail, "the pixels equal the serial ones, but: write " +
                                folder / "sub/picture.png" +
                                ": No such file or directory; name another output");
}

TEST(Fractal, IsBlackInsideAndColouredOutside) {
  const FractalView view{.width = 3, .height = 1, .centre_x = -2, .span = 6, .iterations = 100};
  std::array<std::byte, 9> rgb{};
  // Points -4, -2 and 0: far outside, the tip, and inside.
  const std::uint64_t iterations = draw_row(view, 0, rgb);
  EXPECT_GT(iterations, 200U);
  EXPECT_NE(std::to_integer<int>(rgb[0] | rgb[1] | rgb[2]), 0);
  EXPECT_EQ(std::to_integer<int>(rgb[6] | rgb[7] | rgb[8]), 0);
}

TEST(Fractal, IsSymmetricAboutTheRealAxis) {
  const FractalView view{.width = 50, .height = 20, .centre_x = -0.5, .span = 3, .iterations = 90};
  std::vector<std::byte> above(150);
  std::vector<std::byte> below(150);
  for (std::uint32_t row = 0; row < 10; ++row) {
    EXPECT_EQ(draw_row(view, row, above), draw_row(view, 19 - row, below));
    EXPECT_EQ(above, below);
  }
}

TEST(PngFile, ReplacesAnOldFileAsAWhole) {
  const TemporaryFolder folder;
  folder.write("picture.png", "old");
  const std::vector<std::byte> rgb(12, std::byte{0x80});
  ASSERT_TRUE(write_png(folder / "picture.png", 2, 2, rgb));
  EXPECT_EQ(read_png(folder / "picture.png").rgb, rgb);
  EXPECT_EQ(files_in(folder), 1U);
}

TEST(PngFile, IsAsReadableAsAnyNewFile) {
  const TemporaryFolder folder;
  ASSERT_TRUE(write_png(folder / "picture.png", 1, 1, std::vector<std::byte>(3)));
  folder.write("other", "");
  struct stat picture {};
  struct stat other {};
  ASSERT_EQ(stat((folder / "picture.png").c_str(), &picture), 0);
  ASSERT_EQ(stat((folder / "other").c_str(), &other), 0);
  EXPECT_EQ(picture.st_mode, other.st_mode);
}

TEST(PngFile, LeavesTheOldFileWhenThereIsNoRoom) {
  const TemporaryFolder folder;
  folder.write("picture.png", "old");
  std::vector<std::byte> rgb(3U * 256 * 256);
  std::uint64_t noise = 1;
  for (std::byte& byte : rgb) {
    noise = noise * 6364136223846793005U + 1442695040888963407U;
    byte = static_cast<std::byte>(noise >> 56U);
  }
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 4096, .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const Status written = write_png(folder / "picture.png", 256, 256, rgb);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);

  EXPECT_FALSE(written);
  EXPECT_EQ(files_in(folder), 1U);
  EXPECT_EQ(std::filesystem::file_size(folder / "picture.png"), 3U);
}

}  // namespace
}  // namespace strata
