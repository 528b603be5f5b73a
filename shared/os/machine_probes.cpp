#include "shared/os/machine_probes.h"

#include <fcntl.h>
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "shared/base/result.h"
#include "shared/os/clock.h"
#include "shared/os/fd.h"

namespace strata {
namespace {

Probe refused(int error) {
  return {false, system_error(Exit::kMachine, "", error).message.substr(2)};
}

Probe probe_event(perf_event_attr attributes) {
  attributes.size = sizeof attributes;
  attributes.exclude_kernel = 1;
  attributes.exclude_hv = 1;
  attributes.disabled = 1;
  const long fd = ::syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
  if (fd < 0) {
    return refused(errno);
  }
  const Fd opened(static_cast<int>(fd));
  return {true, {}};
}

}  // namespace

Probe probe_switch_records() {
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_DUMMY;
  attributes.context_switch = 1;
  attributes.sample_id_all = 1;
  attributes.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU;
  attributes.use_clockid = 1;
  attributes.clockid = CLOCK_MONOTONIC;
  return probe_event(attributes);
}

Probe probe_hardware_counters() {
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_HARDWARE;
  attributes.config = PERF_COUNT_HW_CPU_CYCLES;
  return probe_event(attributes);
}

Probe probe_sealed_memory() {
  const Fd fd(::memfd_create("strata-probe", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd || ::ftruncate(fd.get(), 4096) != 0 ||
      ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return refused(errno);
  }
  return {true, {}};
}

Probe probe_pidfd() {
  const long fd = ::syscall(SYS_pidfd_open, ::getpid(), 0);
  if (fd < 0) {
    return refused(errno);
  }
  const Fd opened(static_cast<int>(fd));
  return {true, {}};
}

Probe probe_fast_clock(double& read_ns) {
  constexpr int kReadings = 1000;
  constexpr double kSlow_ns = 250;
  read_ns = 1e9;
  for (int attempt = 0; attempt < 5; ++attempt) {
    const std::uint64_t begin_ns = now_ns();
    std::uint64_t last_ns = begin_ns;
    for (int i = 0; i < kReadings; ++i) {
      last_ns = now_ns();
    }
    read_ns = std::min(read_ns, static_cast<double>(last_ns - begin_ns) / kReadings);
  }
  return read_ns < kSlow_ns ? Probe{true, {}} : Probe{false, "every reading is a system call"};
}

}  // namespace strata
