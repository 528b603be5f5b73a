// What an agent tells about one of its workers to whoever asks.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "shared/base/ids.h"

namespace strata {

enum class WorkerState : std::uint8_t { kStarting, kReady, kOpening, kOpen, kDead };

struct WorkerStatus {
  std::uint32_t worker = 0;  // WorkerId
  pid_t pid = 0;
  WorkerState state = WorkerState::kDead;
  Epoch epoch = 0;
  std::vector<int> cpus;
  std::uint64_t units_done = 0;  // Since it was started or its trial was opened
  std::uint64_t ready_ns = 0;
  // During the last trial, dead processes of this worker included.
  double cpu_s = 0;
  std::uint64_t voluntary_switches = 0;
  std::uint64_t involuntary_switches = 0;
  std::uint32_t os_threads = 0;
};

// The proportional set size of a process, in bytes; 0 when it is gone.
std::uint64_t pss_of(pid_t pid);

}  // namespace strata
