// Keeps the calling thread on one CPU for as long as the object lives.
#pragma once
#include <sched.h>

#include <cstddef>
#include <vector>

namespace strata {

// Where carrier `index` belongs: cpus[index mod size], or -1 for anywhere when there are none.
int cpu_of_carrier(const std::vector<int>& cpus, std::size_t index);

class PinnedThread {
 public:
  // `cpu` < 0 pins nowhere. A CPU that this thread may not use is reported in the log and left.
  explicit PinnedThread(int cpu);
  PinnedThread(const PinnedThread&) = delete;
  PinnedThread& operator=(const PinnedThread&) = delete;
  ~PinnedThread();  // On the same thread: puts its old CPUs back.

 private:
  cpu_set_t before_{};
  bool pinned_ = false;
};

}  // namespace strata
