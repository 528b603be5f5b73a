// What this machine is and how quiet it is, read from /proc, /sys and the processor itself.
//
// Everything here is optional to the kernel: what cannot be read stays empty, and whoever prints it
// says so.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shared/os/cgroup.h"
#include "shared/os/limits.h"
#include "shared/os/usable_cpus.h"

namespace strata {

struct HypervisorFacts {
  std::string name;  // "KVM"; empty: none was seen.
  std::string from;  // "cpuid", "/sys/hypervisor", "DMI": who says so
};

struct MemoryFacts {
  std::uint64_t total_bytes = 0;
  std::uint64_t available_bytes = 0;
  std::optional<std::uint64_t> cgroup_limit_bytes;  // The tightest of all ancestors
  std::string cgroup_limit_from;
  std::uint64_t shm_total_bytes = 0;  // /dev/shm; 0: not mounted
  std::uint64_t shm_free_bytes = 0;
};

// "some avg10": the share of the last ten seconds, in percent, in which a task waited for it.
struct PressureFacts {
  std::optional<double> cpu;
  std::optional<double> memory;
  std::optional<double> io;
};

// The columns of /proc/stat's first line that matter here, in ticks since boot.
struct CpuTicks {
  std::uint64_t busy = 0;   // Used by anybody, stolen included
  std::uint64_t idle = 0;   // Idle or waiting for a device
  std::uint64_t steal = 0;  // Taken by the hypervisor
};
std::optional<CpuTicks> read_cpu_ticks();
// Share (0..1) of the time between two readings that was stolen; 0 when no tick has passed.
double steal_share(const CpuTicks& before, const CpuTicks& after);

struct MachineFacts {
  std::string system;  // "Debian GNU/Linux 12 (bookworm)"
  std::string kernel;  // "6.18.5"
  std::string cpu_model;
  std::vector<int> online_cpus;
  UsableCpus usable;
  std::vector<CpuQuota> quotas;  // Of every ancestor cgroup, innermost first
  std::optional<bool> smt;       // Two or more hardware threads on a core are in use
  MemoryFacts memory;
  std::vector<Limit> limits;
  TaskRoom tasks;
  HypervisorFacts hypervisor;
  std::string container;          // "docker", "podman", ...; empty: none was seen.
  std::optional<CpuTicks> ticks;  // Since boot
  std::vector<double> load;       // 1, 5 and 15 minutes
  PressureFacts pressure;
  std::string clock_source;
  std::optional<std::int64_t> perf_event_paranoid;
  std::string governor;  // Of the first usable CPU; empty: no cpufreq here
};

// Takes a few milliseconds.
MachineFacts read_machine_facts();

}  // namespace strata
