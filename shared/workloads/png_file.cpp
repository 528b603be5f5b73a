#include "shared/workloads/png_file.h"

#include <fcntl.h>
#include <png.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "shared/base/check.h"
#include "shared/os/fd.h"

namespace strata {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }  // NOLINT(cert-err33-c)
};

// Unlinked unless it was renamed.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& beside)
      : name_(beside + ".XXXXXX"), fd_(mkostemp(name_.data(), O_CLOEXEC)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (fd_ && !renamed_) {
      unlink(name_.c_str());
    }
  }

  [[nodiscard]] const Fd& fd() const { return fd_; }
  bool rename_to(const std::string& path) {
    renamed_ = std::rename(name_.c_str(), path.c_str()) == 0;
    return renamed_;
  }

 private:
  std::string name_;
  Fd fd_;
  bool renamed_ = false;
};

// mkstemp makes files that only their owner reads; a picture is as readable as any new file.
mode_t mode_of_new_files() {
  const mode_t mask = umask(0);
  umask(mask);
  return 0666 & ~mask;
}

}  // namespace

Status write_png(const std::string& path, std::uint32_t width, std::uint32_t height,
                 std::span<const std::byte> rgb) {
  STRATA_CHECK(rgb.size() == std::size_t{3} * width * height, rgb.size(), width, height);
  const auto failed = [&path](int error) {
    Error result = system_error(Exit::kFailed, "write " + path, error);
    result.message += "; name another output";
    return result;
  };
  TemporaryFile temporary(path);
  if (!temporary.fd() || fchmod(temporary.fd().get(), mode_of_new_files()) != 0) {
    return failed(errno);
  }
  Fd copy(fcntl(temporary.fd().get(), F_DUPFD_CLOEXEC, 0));
  std::unique_ptr<std::FILE, CloseFile> file(copy ? fdopen(copy.get(), "wb") : nullptr);
  if (!file) {
    return failed(errno);
  }
  [[maybe_unused]] const int owned_by_file = copy.release();

  // The simplified interface: the classic one reports errors by longjmp.
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = width;
  image.height = height;
  image.format = PNG_FORMAT_RGB;
  if (png_image_write_to_stdio(&image, file.get(), 0, rgb.data(), 0, nullptr) == 0) {
    return Error{Exit::kFailed, "write " + path + ": " + image.message + "; name another output"};
  }
  // Flushed by hand: what fclose would report, a full disk, must not be renamed over a good file.
  if (std::fflush(file.get()) != 0 || !temporary.rename_to(path)) {
    return failed(errno);
  }
  return Ok{};
}

}  // namespace strata
