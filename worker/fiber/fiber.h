// A fiber: a stack of its own, and what is kept of it while it does not run.
//
// The Fiber lies at the top of its own stack, so that a parked one costs a single page. Fibers are
// made in slabs, kept for reuse when their work has ended, and given back to the system together.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "shared/base/result.h"
#include "shared/os/stack_slab.h"
#include "shared/unit/floating_point.h"
#include "worker/fiber/context.h"
#include "worker/fiber/sanitizer.h"

namespace strata {

inline constexpr std::size_t kSmallestStack = std::size_t{16} * 1024;
// The sanitizers' frames are several times larger.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr std::size_t kUsualStack = std::size_t{256} * 1024;
#else
inline constexpr std::size_t kUsualStack = std::size_t{64} * 1024;
#endif

struct alignas(64) Fiber {
  Context context;
  SanitizedStack sanitized;
  Fiber* next = nullptr;  // In a list of free ones.
  // What its work is, for whoever wrote its entry.
  void* work = nullptr;
  std::uint32_t place = 0;
  // The unit whose stack it is, for messages.
  std::uint64_t unit = 0;
  FloatingPointModes* modes = nullptr;  // Of a unit that asked to keep its own.
  std::byte* low = nullptr;             // The stack: [low, this).

  [[nodiscard]] std::size_t stack_bytes() const {
    return static_cast<std::size_t>(reinterpret_cast<const std::byte*>(this) - low);
  }
  // Makes it begin entry(this).
  void prepare(void (*entry)(void*)) {
    sanitized.made(low, stack_bytes());
    make_context(context, low, stack_bytes(), entry, this);
  }
};

// Leaves the running fiber (or an OS thread's own stack) for another. `left` and `from` are its.
[[gnu::always_inline]] inline void switch_stacks(Context& left, SanitizedStack& from,
                                                 const Context& next, SanitizedStack& to,
                                                 bool for_ever = false) {
  from.leave_for(to, for_ever);
  switch_context(left, next);
  from.arrived();
}

// All fibers of one executor. Any thread.
class FiberPool {
 public:
  // `stack_bytes`: of each, the guard and the Fiber included; at least kSmallestStack.
  explicit FiberPool(std::size_t stack_bytes);
  FiberPool(const FiberPool&) = delete;
  FiberPool& operator=(const FiberPool&) = delete;
  ~FiberPool();  // No fiber of it is running or will run again.

  // A list of free fibers through `next`, never empty unless this machine gives no more memory:
  // then the Error says so.
  Result<Fiber*> take_some();
  // A list to be used again.
  void give_back(Fiber* first);
  // The fiber whose guard holds this address, or null. From a signal handler: takes no lock, and
  // so may miss a slab that is being added at this moment.
  [[nodiscard]] const Fiber* overflowed(const void* address) const;
  // How many there are, free or in use.
  [[nodiscard]] std::size_t made() const;

 private:
  struct Slab {
    StackSlab stacks;
    const Slab* older;
  };
  [[nodiscard]] Fiber* fiber_at(const Slab& slab, std::size_t stack) const;

  const std::size_t stack_bytes_;
  mutable std::mutex mutex_;
  Fiber* free_ = nullptr;                    // GUARDED_BY(mutex_)
  std::atomic<const Slab*> slabs_{nullptr};  // Written under mutex_; read by overflowed().
};

}  // namespace strata
