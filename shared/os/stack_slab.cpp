#include "shared/os/stack_slab.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <string>
#include <utility>

#include "shared/base/log.h"
#include "shared/os/text_file.h"

namespace strata {
namespace {

constexpr int kMadviseGuardInstall = 102;  // Newer than the headers that strata builds on.

std::size_t page_bytes() {
  static const auto bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

// Mappings that guards by mprotect may still cost in this process: half of what the kernel allows
// one, so that the rest of the program has room.
std::atomic<std::int64_t>& mappings_left() {
  static std::atomic<std::int64_t> left{
      read_integer("/proc/sys/vm/max_map_count").value_or(65'530) / 2};
  return left;
}

void say_once(StackGuard guard) {
  static std::atomic<StackGuard> said{StackGuard::kInstalled};
  StackGuard before = said.load(std::memory_order_relaxed);  // Only the log depends on it.
  if (before >= guard || !said.compare_exchange_strong(before, guard, std::memory_order_relaxed)) {
    return;
  }
  if (guard == StackGuard::kProtected) {
    log::info(
        "green threads: this kernel has no MADV_GUARD_INSTALL, stacks are guarded by mprotect");
  } else {
    log::warn(
        "green threads: further stacks have no guard, since guards by mprotect are near "
        "vm.max_map_count; an overflow there is not seen (raise it, or use Linux 6.13)");
  }
}

}  // namespace

Result<StackSlab> StackSlab::make(std::size_t stacks, std::size_t stack_bytes) {
  return make(stacks, stack_bytes, StackGuard::kInstalled);
}

Result<StackSlab> StackSlab::make(std::size_t stacks, std::size_t stack_bytes, StackGuard best) {
  const std::size_t rounded = (stack_bytes + page_bytes() - 1) / page_bytes() * page_bytes();
  void* base = mmap(nullptr, stacks * rounded, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) {
    Error error = system_error(
        Exit::kMachine,
        "map " + std::to_string(stacks) + " stacks of " + std::to_string(rounded) + " bytes",
        errno);
    error.message += "; ask for fewer units in flight (-G), or raise ulimit -v";
    return error;
  }
  // A huge page would back 32 stacks of which each needs one small page.
  madvise(base, stacks * rounded, MADV_NOHUGEPAGE);
  StackSlab slab(static_cast<std::byte*>(base), stacks, rounded);
  slab.place_guards(best);
  return slab;
}

StackSlab::StackSlab(StackSlab&& other) noexcept
    : base_(std::exchange(other.base_, nullptr)),
      stacks_(other.stacks_),
      stack_bytes_(other.stack_bytes_),
      guard_(other.guard_) {}

StackSlab::~StackSlab() {
  if (base_ == nullptr) {
    return;
  }
  if (guard_ == StackGuard::kProtected) {
    // Relaxed: a budget.
    mappings_left().fetch_add(static_cast<std::int64_t>(2 * stacks_), std::memory_order_relaxed);
  }
  munmap(base_, stacks_ * stack_bytes_);
}

void StackSlab::place_guards(StackGuard best) {
  guard_ = best;
  if (guard_ == StackGuard::kInstalled) {
    for (std::size_t i = 0; i < stacks_; ++i) {
      if (madvise(base_ + i * stack_bytes_, page_bytes(), kMadviseGuardInstall) != 0) {
        guard_ = StackGuard::kProtected;  // EINVAL, at the first: an older kernel.
        break;
      }
    }
  }
  if (guard_ == StackGuard::kProtected) {
    const auto price = static_cast<std::int64_t>(2 * stacks_);
    if (mappings_left().fetch_sub(price, std::memory_order_relaxed) < price) {
      mappings_left().fetch_add(price, std::memory_order_relaxed);
      guard_ = StackGuard::kNone;
    }
    for (std::size_t i = 0; i < stacks_ && guard_ == StackGuard::kProtected; ++i) {
      if (mprotect(base_ + i * stack_bytes_, page_bytes(), PROT_NONE) != 0) {
        // The kernel's limit, reached through other mappings. What is protected stays so.
        mappings_left().fetch_add(price, std::memory_order_relaxed);
        guard_ = StackGuard::kNone;
      }
    }
  }
  say_once(guard_);
}

std::byte* StackSlab::low(std::size_t stack) const {
  return base_ + stack * stack_bytes_ + page_bytes();
}

std::size_t StackSlab::usable_bytes() const { return stack_bytes_ - page_bytes(); }

std::optional<std::size_t> StackSlab::guard_at(const void* address) const {
  const auto* at = static_cast<const std::byte*>(address);
  if (at < base_ || at >= base_ + stacks_ * stack_bytes_) {
    return std::nullopt;
  }
  const auto offset = static_cast<std::size_t>(at - base_);
  if (offset % stack_bytes_ >= page_bytes()) {
    return std::nullopt;
  }
  return offset / stack_bytes_;
}

}  // namespace strata
