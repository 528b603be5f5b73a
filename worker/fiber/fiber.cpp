#include "worker/fiber/fiber.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <new>

namespace strata {
namespace {

constexpr std::size_t kStacksOfASlab = 64;
// Fibers of one address modulo 4 KiB would share a few sets of the first-level cache: 13 of them
// would throw each other out. So they lie at 16 different heights, all in the topmost page's upper
// half, that the rest of the page suffices for a parked unit.
constexpr std::size_t kHeights = 16;
constexpr std::size_t kHeightBytes = 128;

}  // namespace

FiberPool::FiberPool(std::size_t stack_bytes)
    : stack_bytes_(std::max(stack_bytes, kSmallestStack)) {}

FiberPool::~FiberPool() {
  const Slab* slab = slabs_.load(std::memory_order_relaxed);
  while (slab != nullptr) {
    for (std::size_t i = 0; i < slab->stacks.stacks(); ++i) {
      fiber_at(*slab, i)->sanitized.ended();
    }
    const std::unique_ptr<const Slab> last(slab);
    slab = slab->older;
  }
}

Fiber* FiberPool::fiber_at(const Slab& slab, std::size_t stack) const {
  std::byte* top = slab.stacks.low(stack) + slab.stacks.usable_bytes();
  return reinterpret_cast<Fiber*>(top - sizeof(Fiber) - stack % kHeights * kHeightBytes);
}

Result<Fiber*> FiberPool::take_some() {
  {
    const std::lock_guard lock(mutex_);
    if (free_ != nullptr) {
      Fiber* taken = free_;
      // A few at a time: another processor may need the rest.
      Fiber* last = taken;
      for (std::size_t i = 1; i < kStacksOfASlab && last->next != nullptr; ++i) {
        last = last->next;
      }
      free_ = last->next;
      last->next = nullptr;
      return taken;
    }
  }
  auto stacks = StackSlab::make(kStacksOfASlab, stack_bytes_);  // Outside the lock: it takes 40 us.
  if (!stacks) {
    return stacks.error();
  }
  auto slab = std::make_unique<Slab>(Slab{std::move(*stacks), nullptr});
  Fiber* first = nullptr;
  for (std::size_t i = slab->stacks.stacks(); i-- > 0;) {
    auto* fiber = new (fiber_at(*slab, i)) Fiber;
    fiber->low = slab->stacks.low(i);
    fiber->next = first;
    first = fiber;
  }
  const std::lock_guard lock(mutex_);
  slab->older = slabs_.load(std::memory_order_relaxed);
  // Release: pairs with overflowed().
  slabs_.store(slab.release(), std::memory_order_release);
  return first;
}

void FiberPool::give_back(Fiber* first) {
  if (first == nullptr) {
    return;
  }
  Fiber* last = first;
  while (last->next != nullptr) {
    last = last->next;
  }
  const std::lock_guard lock(mutex_);
  last->next = free_;
  free_ = first;
}

const Fiber* FiberPool::overflowed(const void* address) const {
  for (const Slab* slab = slabs_.load(std::memory_order_acquire); slab != nullptr;
       slab = slab->older) {
    if (const auto stack = slab->stacks.guard_at(address)) {
      return fiber_at(*slab, *stack);
    }
  }
  return nullptr;
}

std::size_t FiberPool::made() const {
  std::size_t count = 0;
  for (const Slab* slab = slabs_.load(std::memory_order_acquire); slab != nullptr;
       slab = slab->older) {
    count += slab->stacks.stacks();
  }
  return count;
}

}  // namespace strata
