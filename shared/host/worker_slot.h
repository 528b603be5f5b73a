// One worker as its agent sees it: the process that carries it now, how far that is, and what its
// earlier processes have used in the trial. Its epoch counts them.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "shared/base/ids.h"
#include "shared/host/pages.h"
#include "shared/host/worker_status.h"
#include "shared/os/process.h"

namespace strata {

struct WorkerSlot {
  ChildProcess process;
  WorkerState state = WorkerState::kDead;
  Epoch epoch = 0;
  std::uint64_t last_beat = 0;
  bool by_strata = false;  // The agent killed it.
  std::string text;        // Parts of the report that is still coming
  std::optional<SlotRing<Command, 8>::Producer> commands;
  std::optional<SlotRing<Report, 16>::Consumer> reports;

  // The next process carries the worker from now on.
  void begin(ChildProcess started, Epoch its_epoch, WorkerPage& page);
  // Adds what a process that died in a trial had used there.
  void count_dead(const ExitInfo& how, const WorkerPage& page);
  // A trial begins: nothing is used yet.
  void forget_dead();
  // Without worker and cpus, which the agent knows.
  [[nodiscard]] WorkerStatus status(const WorkerPage& page) const;

 private:
  double dead_cpu_s_ = 0;
  std::uint64_t dead_voluntary_ = 0;
  std::uint64_t dead_involuntary_ = 0;
};

}  // namespace strata
