// Address space for many stacks at once, each with a guard below it that stops an overflow.
//
// One mapping holds many stacks, and memory comes with the first touch of a page: a parked stack
// costs a page, not its size. A mapping for each stack was the simpler way and ends at
// vm.max_map_count, 65,530 of them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>

#include "shared/base/result.h"

namespace strata {

// How the guards of this process are made: the best that the kernel has left.
enum class StackGuard : std::uint8_t {
  kInstalled,  // MADV_GUARD_INSTALL (Linux 6.13): costs no mapping
  kProtected,  // mprotect: each costs two mappings
  kNone        // vm.max_map_count is near: an overflow is not seen
};

class StackSlab {
 public:
  // `stacks` (> 0) of `stack_bytes`, the guard included; rounded up to whole pages. Says in the
  // log, once a process, when guards are worse than kInstalled.
  static Result<StackSlab> make(std::size_t stacks, std::size_t stack_bytes);
  // The same with guards no better than `best`: for tests.
  static Result<StackSlab> make(std::size_t stacks, std::size_t stack_bytes, StackGuard best);

  StackSlab(StackSlab&& other) noexcept;
  StackSlab(const StackSlab&) = delete;
  StackSlab& operator=(const StackSlab&) = delete;
  StackSlab& operator=(StackSlab&&) = delete;
  ~StackSlab();

  [[nodiscard]] std::size_t stacks() const { return stacks_; }
  // The lowest usable byte of a stack, above its guard, and how many there are from there.
  [[nodiscard]] std::byte* low(std::size_t stack) const;
  [[nodiscard]] std::size_t usable_bytes() const;
  [[nodiscard]] StackGuard guard() const { return guard_; }
  // Which stack's guard holds that address, if any does.
  [[nodiscard]] std::optional<std::size_t> guard_at(const void* address) const;

 private:
  StackSlab(std::byte* base, std::size_t stacks, std::size_t stack_bytes)
      : base_(base), stacks_(stacks), stack_bytes_(stack_bytes) {}
  void place_guards(StackGuard best);

  std::byte* base_;
  std::size_t stacks_;
  std::size_t stack_bytes_;
  StackGuard guard_ = StackGuard::kNone;
};

}  // namespace strata
