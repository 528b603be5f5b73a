#include "shared/os/segment.h"

#include <fcntl.h>
#include <linux/memfd.h>
#include <sys/mman.h>

#include <boost/interprocess/mapped_region.hpp>
#include <cerrno>
#include <csignal>
#include <string>

namespace strata {
namespace {

namespace ipc = boost::interprocess;

// What boost::interprocess::mapped_region maps: anything that can name a descriptor.
struct Mappable {
  int fd;
  [[nodiscard]] ipc::mapping_handle_t get_mapping_handle() const {
    return ipc::ipcdetail::mapping_handle_from_file_handle(fd);
  }
};

Status allocate(int fd, std::uint64_t offset, std::uint64_t bytes) {
  // Past RLIMIT_FSIZE the kernel sends SIGXFSZ, whose default ends the process; ignored, the call
  // answers EFBIG.
  struct sigaction ignore {};
  struct sigaction before {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGXFSZ, &ignore, &before);
  int result = 0;
  do {
    result = fallocate(fd, 0, static_cast<off_t>(offset), static_cast<off_t>(bytes));
  } while (result != 0 && errno == EINTR);
  const int error = errno;
  sigaction(SIGXFSZ, &before, nullptr);
  if (result == 0) {
    return Ok{};
  }
  const std::string what =
      "no memory for a shared segment of " + std::to_string((offset + bytes) >> 10U) + " KiB";
  if (error == EFBIG) {
    return Error{Exit::kMachine, what + ": the limit on file size (ulimit -f) is lower; raise it"};
  }
  Error failure = system_error(Exit::kMachine, what, error);
  failure.message += "; free some memory, or run fewer processes or units";
  return failure;
}

}  // namespace

struct Mapping::Region {
  ipc::mapped_region mapped;
};

Mapping::Mapping() = default;
Mapping::Mapping(std::unique_ptr<Region> region) : region_(std::move(region)) {}
Mapping::Mapping(Mapping&&) noexcept = default;
Mapping& Mapping::operator=(Mapping&&) noexcept = default;
Mapping::~Mapping() = default;

Result<Mapping> Mapping::map(int fd, std::uint64_t offset, std::size_t bytes) {
  try {
    auto region = std::make_unique<Region>(Region{ipc::mapped_region(
        Mappable{fd}, ipc::read_write, static_cast<ipc::offset_t>(offset), bytes)});
    return Mapping(std::move(region));
  } catch (const ipc::interprocess_exception& error) {
    return Error{Exit::kMachine, "cannot map " + std::to_string(bytes >> 10U) +
                                     " KiB of shared memory: " + error.what() +
                                     "; look at the limit on address space (ulimit -v)"};
  } catch (const std::bad_alloc&) {
    return Error{Exit::kMachine, "no memory to map a shared segment; free some"};
  }
}

std::byte* Mapping::data() const {
  return region_ ? static_cast<std::byte*>(region_->mapped.get_address()) : nullptr;
}
std::size_t Mapping::size() const { return region_ ? region_->mapped.get_size() : 0; }

Result<Segment> Segment::create(const char* label) {
  Fd fd(memfd_create(label, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) {
    return system_error(Exit::kMachine, "cannot make a shared segment (memfd_create)", errno);
  }
  if (fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK) != 0) {
    return system_error(Exit::kMachine, "cannot seal a shared segment", errno);
  }
  return Segment(std::move(fd));
}

Status Segment::grow(std::uint64_t bytes) {
  bytes = round_to_page(bytes);
  if (bytes <= size_) {
    return Ok{};
  }
  if (auto allocated = allocate(fd(), size_, bytes - size_); !allocated) {
    return allocated;
  }
  size_ = bytes;
  return Ok{};
}

Status Segment::release(std::uint64_t offset, std::uint64_t bytes) {
  if (bytes == 0) {
    return Ok{};
  }
  if (fallocate(fd(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                static_cast<off_t>(bytes)) != 0) {
    return system_error(Exit::kMachine, "cannot give memory of a shared segment back", errno);
  }
  return Ok{};
}

Status Segment::refill(std::uint64_t offset, std::uint64_t bytes) {
  return bytes == 0 ? Status(Ok{}) : allocate(fd(), offset, bytes);
}

}  // namespace strata
