#include "shared/workloads/file_digest.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace strata {
namespace {

// One file being read from its beginning to its end.
class FileReader {
 public:
  // Opens the file and reads as fill() does: small files take one blocking region in all.
  std::size_t open(int root, const std::string& name, std::span<std::byte> buffer) {
    // O_NONBLOCK: should the name have become a pipe meanwhile, this must not wait for its writer.
    fd_ = Fd(openat(root, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    struct stat facts {};
    if (!fd_ || fstat(fd_.get(), &facts) != 0) {
      return fail(errno);
    }
    if (!S_ISREG(facts.st_mode)) {
      return fail(ENOENT);  // The regular file that was there has vanished.
    }
    size_ = static_cast<std::uint64_t>(facts.st_size);
    if (size_ > buffer.size()) {
      posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
    }
    return fill(buffer);
  }

  // Reads until the buffer is full or the file at its end; the number of bytes read.
  std::size_t fill(std::span<std::byte> buffer) {
    std::size_t filled = 0;
    while (filled < buffer.size()) {
      const ssize_t got = ::read(fd_.get(), buffer.data() + filled, buffer.size() - filled);
      if (got < 0 && errno == EINTR) {
        continue;
      }
      if (got < 0) {
        return fail(errno);
      }
      if (got == 0) {
        at_end_ = true;
        break;
      }
      filled += static_cast<std::size_t>(got);
    }
    return filled;
  }

  [[nodiscard]] bool at_end() const { return at_end_; }
  [[nodiscard]] int error() const { return error_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  std::size_t fail(int error) {
    error_ = error;
    at_end_ = true;
    return 0;
  }

  Fd fd_;
  std::uint64_t size_ = 0;
  bool at_end_ = false;
  int error_ = 0;
};

}  // namespace

std::unique_ptr<DigestTools> DigestToolbox::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      std::unique_ptr<DigestTools> tools = std::move(free_.back());
      free_.pop_back();
      return tools;
    }
  }
  return std::make_unique<DigestTools>();
}

void DigestToolbox::give(std::unique_ptr<DigestTools> tools) {
  const std::lock_guard lock(mutex_);
  free_.push_back(std::move(tools));
}

Co<FileDigest> digest_file(Unit& unit, int root, std::string_view name, DigestTools& tools) {
  const std::span<std::byte> buffer(tools.buffer.get(), DigestTools::kBufferBytes);
  const std::string path(name);
  FileReader reader;
  FileDigest file;
  tools.sha256.start();
  std::size_t filled = co_await unit.blocking([&] { return reader.open(root, path, buffer); });
  for (;;) {
    tools.sha256.update(buffer.first(filled));
    file.bytes += filled;
    if (reader.at_end()) {
      break;
    }
    filled = co_await unit.blocking([&] { return reader.fill(buffer); });
  }
  file.error = reader.error();
  file.state = file.error == 0 ? FileDigest::State::kOk : FileDigest::State::kFailed;
  file.bytes_at_open = reader.size();
  file.sha256 = tools.sha256.finish();
  co_return file;
}

std::string sha256sum_line(std::string_view name, const Sha256::Digest& sha256) {
  std::string escaped;
  for (const char c : name) {
    switch (c) {
      case '\\':
        escaped += "\\\\";
        break;
      case '\n':
        escaped += "\\n";
        break;
      case '\r':
        escaped += "\\r";
        break;
      default:
        escaped += c;
    }
  }
  return (escaped.size() != name.size() ? "\\" : "") + hexadecimal(sha256) + "  " + escaped + "\n";
}

}  // namespace strata
