// What this machine lets an ordinary process see, found by trying.
#pragma once
#include <string>

namespace strata {

struct Probe {
  bool works = false;
  std::string refusal;  // The kernel's reason when it does not: "Permission denied"
};

// perf_event_open's switch records: the exact times at which a thread went on and off a core.
Probe probe_switch_records();
// Hardware counters (cycles) of this thread.
Probe probe_hardware_counters();
// A memfd that may be sealed against shrinking: the memory of a cluster.
Probe probe_sealed_memory();
// A process that is watched through a pidfd.
Probe probe_pidfd();
// Whether the vDSO answers clock_gettime without a system call: a reading below 250 ns says so.
// `read_ns`: the best of several means of 1,000 readings.
Probe probe_fast_clock(double& read_ns);

}  // namespace strata
