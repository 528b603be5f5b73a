// Memory shared between the agent and its workers: a memfd that has no name, so that nothing is
// left behind, sealed against shrinking, and allocated before it is used, so that no access faults.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "shared/base/result.h"
#include "shared/os/fd.h"

namespace strata {

inline constexpr std::size_t kPageBytes = 4096;
constexpr std::uint64_t round_to_page(std::uint64_t bytes) {
  return (bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
}

// A mapped part of a segment; unmapped by its destructor.
class Mapping {
 public:
  Mapping();
  Mapping(Mapping&&) noexcept;
  Mapping& operator=(Mapping&&) noexcept;
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping();

  // Maps bytes [offset, offset + bytes) of the file, shared and writable. `offset` is a multiple of
  // kPageBytes.
  static Result<Mapping> map(int fd, std::uint64_t offset, std::size_t bytes);

  [[nodiscard]] std::byte* data() const;
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::span<std::byte> bytes() const { return {data(), size()}; }
  explicit operator bool() const { return region_ != nullptr; }

 private:
  struct Region;
  explicit Mapping(std::unique_ptr<Region> region);
  std::unique_ptr<Region> region_;
};

class Segment {
 public:
  Segment() = default;
  // A segment of no bytes.
  static Result<Segment> create(const char* label);

  // Allocates [0, bytes): what is new there is zero. Never shrinks. Error: the machine has no
  // memory left for it, or a limit (RLIMIT_FSIZE) forbids it.
  Status grow(std::uint64_t bytes);
  // Gives the memory of a range back; it reads as zero and is allocated again by refill().
  Status release(std::uint64_t offset, std::uint64_t bytes);
  Status refill(std::uint64_t offset, std::uint64_t bytes);

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] Result<Mapping> map(std::uint64_t offset, std::size_t bytes) const {
    return Mapping::map(fd(), offset, bytes);
  }

 private:
  explicit Segment(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
  std::uint64_t size_ = 0;
};

}  // namespace strata
