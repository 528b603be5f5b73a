#include "shared/host/pages.h"

#include <unistd.h>

#include <algorithm>

#include "shared/base/check.h"

namespace strata {

Result<Mapping> lay_out_pages(Segment& segment, const Layout& layout, std::uint32_t first_worker,
                              std::span<const int> cpus) {
  const std::uint64_t bytes = pages_bytes(layout.processes);
  if (segment.size() > 0) {
    // Of earlier workers. Punched and allocated again, it is zero.
    if (auto released = segment.release(0, segment.size()); !released) {
      return released.error();
    }
    if (auto filled = segment.refill(0, std::min(bytes, segment.size())); !filled) {
      return filled.error();
    }
  }
  if (auto grown = segment.grow(bytes); !grown) {
    return grown.error();
  }
  auto mapping = segment.map(0, bytes);
  if (!mapping) {
    return mapping;
  }
  HostPage& host = host_page(mapping->data());
  host.magic = kHostMagic;
  host.workers = layout.processes;
  host.first_worker = first_worker;
  host.agent_pid = getpid();
  host.threads = layout.threads;
  host.in_flight = layout.in_flight;
  host.wait = static_cast<std::uint8_t>(layout.wait);
  host.pin = static_cast<std::uint8_t>(layout.pin);
  host.gil_release_compute = layout.gil_release_compute ? 1 : 0;
  host.gil_interval_us = layout.gil_interval_us;
  STRATA_CHECK(layout.executor.size() < host.executor.size(), layout.executor);
  std::copy(layout.executor.begin(), layout.executor.end(), host.executor.begin());
  STRATA_CHECK(cpus.size() <= kMaxCpus, cpus.size());
  host.cpu_count = static_cast<std::uint32_t>(cpus.size());
  for (std::uint32_t i = 0; i < host.cpu_count; ++i) {
    host.cpus[i] = static_cast<std::int16_t>(cpus[i]);
  }
  return mapping;
}

}  // namespace strata
