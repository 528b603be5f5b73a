// Says whose stack it was when a green thread has run into its guard, and then lets the process die
// of the signal as it would have: the cluster counts such an end against the unit.
#pragma once
#include <cstddef>
#include <memory>

namespace strata {

// For an OS thread that runs fibers: a small stack for the handler, since the fiber's has no room
// left. Also installs the handler, once a process. The sanitizers have handlers of their own, and
// keep them.
class OverflowWatch {
 public:
  OverflowWatch();
  OverflowWatch(const OverflowWatch&) = delete;
  OverflowWatch& operator=(const OverflowWatch&) = delete;
  ~OverflowWatch();

 private:
  std::unique_ptr<std::byte[]> stack_;  // NOLINT(modernize-avoid-c-arrays)
};

}  // namespace strata
