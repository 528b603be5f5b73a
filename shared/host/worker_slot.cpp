#include "shared/host/worker_slot.h"

#include <algorithm>
#include <utility>

namespace strata {

void WorkerSlot::begin(ChildProcess started, Epoch its_epoch, WorkerPage& page) {
  process = std::move(started);
  state = WorkerState::kStarting;
  epoch = its_epoch;
  last_beat = 0;
  by_strata = false;
  text.clear();
  commands.emplace(page.commands);
  reports.emplace(page.reports);
}

// The kernel counts the whole life, the page what was used before the trial. Relaxed: the process
// is dead, nobody writes.
void WorkerSlot::count_dead(const ExitInfo& how, const WorkerPage& page) {
  const auto since = [](std::uint64_t all, const std::atomic<std::uint64_t>& before) {
    return all - std::min(all, before.load(std::memory_order_relaxed));
  };
  dead_cpu_s_ += std::max(
      0.0,
      how.cpu_s - static_cast<double>(page.before.cpu_ns.load(std::memory_order_relaxed)) * 1e-9);
  dead_voluntary_ += since(how.voluntary_switches, page.before.voluntary_switches);
  dead_involuntary_ += since(how.involuntary_switches, page.before.involuntary_switches);
}

void WorkerSlot::forget_dead() {
  dead_cpu_s_ = 0;
  dead_voluntary_ = 0;
  dead_involuntary_ = 0;
}

// Relaxed: figures for people.
WorkerStatus WorkerSlot::status(const WorkerPage& page) const {
  WorkerStatus status;
  status.pid = process.pid();
  status.state = state;
  status.epoch = epoch;
  status.units_done = page.units_done.load(std::memory_order_relaxed);
  status.ready_ns = page.ready_ns.load(std::memory_order_relaxed);
  const Usage& during = page.during;
  status.cpu_s =
      dead_cpu_s_ + static_cast<double>(during.cpu_ns.load(std::memory_order_relaxed)) * 1e-9;
  status.voluntary_switches =
      dead_voluntary_ + during.voluntary_switches.load(std::memory_order_relaxed);
  status.involuntary_switches =
      dead_involuntary_ + during.involuntary_switches.load(std::memory_order_relaxed);
  status.os_threads = during.os_threads.load(std::memory_order_relaxed);
  return status;
}

}  // namespace strata
