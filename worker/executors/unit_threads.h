// An OS thread for each unit, made when the unit begins and ended with it: what `threads` and `gil`
// have in common.
//
// The thread that calls run_on_threads() claims shards, makes the threads and joins them. It joins
// one only when it needs its place: joining each as it ends would wake this thread for every unit,
// and on a virtual machine a wake costs 35 us where the thread itself costs 40.
#pragma once
#include <cstdint>

#include "shared/unit/carrier.h"
#include "worker/executors/executor.h"

namespace strata {

// What the operations of a unit mean, and what its thread does around it. One for all threads.
class ThreadCarrier : public BlockingCarrier {
 public:
  // On the unit's own thread, before its first instruction and after its last.
  virtual void begin_unit() {}
  virtual void end_unit() {}
};

// Carries everything that the source has, with at most G threads alive, or T when G is 0. Gives the
// most that ran at one time.
std::uint32_t run_on_threads(const ExecutorConfig& config, ThreadCarrier& carrier,
                             WorkSource& source);

}  // namespace strata
