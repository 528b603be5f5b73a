// Reading and digesting files, for the workload digest.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "shared/os/fd.h"
#include "shared/unit/unit.h"
#include "shared/workloads/sha256.h"

namespace strata {

// What is known about one file when it has been read: the result slot of its unit.
struct FileDigest {
  enum class State : std::uint32_t { kNone, kOk, kFailed };
  State state = State::kNone;
  std::int32_t error = 0;           // kFailed: errno
  std::uint64_t bytes = 0;          // Digested
  std::uint64_t bytes_at_open = 0;  // Its size when it was opened.
  Sha256::Digest sha256{};
};

// A buffer and a digest in progress, lent to one unit at a time.
struct DigestTools {
  // Small enough that a block is still in its core's cache when it is digested, and large enough
  // that a system call (about a microsecond) is nothing beside digesting it (about 200 of them).
  static constexpr std::size_t kBufferBytes = std::size_t{256} << 10;
  std::unique_ptr<std::byte[]> buffer = std::make_unique_for_overwrite<std::byte[]>(kBufferBytes);
  Sha256 sha256;
};

// Tools of finished units for the next ones. Any thread. Not thread_local: a unit may move to
// another thread while it waits.
class DigestToolbox {
 public:
  std::unique_ptr<DigestTools> take();
  void give(std::unique_ptr<DigestTools> tools);

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<DigestTools>> free_;  // Guarded by mutex_.
};

// Reads and digests the file `name` below the folder `root`. The kernel is entered in blocking
// regions of the unit, the digest is computed outside them. Not mapped into memory: a file that is
// cut while it is read would end the worker by SIGBUS.
Co<FileDigest> digest_file(Unit& unit, int root, std::string_view name, DigestTools& tools);

// The line that sha256sum prints for a file, escaped as coreutils 9 does.
std::string sha256sum_line(std::string_view name, const Sha256::Digest& sha256);

}  // namespace strata
