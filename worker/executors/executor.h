// The contract between a worker and the executor that carries its units.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "shared/base/layout.h"
#include "shared/sync/event_count.h"
#include "shared/unit/unit.h"
#include "shared/workloads/workload.h"

namespace strata {

// One attempt at one shard, claimed by this worker: units [first_unit, first_unit + units).
struct Lease {
  std::uint64_t first_unit = 0;
  std::uint32_t units = 0;
  // Run these units one at a time, on one carrier, with nothing else alive in the worker, and tell
  // about_to_run() before each: a shard under suspicion of crashing its worker.
  bool alone = false;
  // These units wait for each other: each is begun whatever becomes of the others, none behind
  // another on one carrier. There are as many carriers as must be alive at one time. One that
  // throws is told to fail() at once, since others may wait for it for ever.
  bool together = false;
  std::byte* slots =
      nullptr;  // units * slot_bytes bytes, zeroed; unit i's begin at i * slot_bytes.
  std::size_t slot_bytes = 0;
  // For the source alone: which claim this is.
  std::uint32_t entry = 0;
  std::uint32_t attempt = 0;
  std::uint32_t shard = 0;
  std::uint64_t claimed_ns = 0;

  [[nodiscard]] std::span<std::byte> slot(std::uint32_t unit) const {
    return {slots + unit * slot_bytes, slot_bytes};
  }
};

// Where an executor gets shards and where it brings them back. Every call is safe from any thread.
class WorkSource {
 public:
  enum class Answer : std::uint8_t {
    kLease,       // `lease` is filled
    kNothingNow,  // ask again after bell() rang
    kEnd,         // the trial is over; run() returns once no unit is alive
  };

  WorkSource() = default;
  WorkSource(const WorkSource&) = delete;
  WorkSource& operator=(const WorkSource&) = delete;
  virtual ~WorkSource() = default;

  virtual Answer claim(Lease& lease) = 0;
  // Every unit of the lease has run. `sums` is the total over its units. Called once a lease.
  virtual void complete(const Lease& lease, const Sums& sums) = 0;
  // A unit of the lease threw; called at most once a lease, instead of complete().
  virtual void fail(const Lease& lease, std::uint64_t unit, std::string_view message) = 0;
  // Alone leases only: the unit that is about to run, for the case that it takes the worker along.
  virtual void about_to_run(std::uint64_t unit) = 0;

  // Rung by whoever changes what claim() would answer, in this process or outside. Executors ring
  // it too when they make work that siblings may steal.
  virtual EventCount& bell() = 0;
  [[nodiscard]] virtual const Job& job() const = 0;
  [[nodiscard]] virtual std::uint64_t seed() const = 0;
  // ceil(units / workers) of the trial: what G = 0 means where T processors carry many units.
  [[nodiscard]] virtual std::uint64_t fair_share() const { return UINT64_MAX; }
};

struct ExecutorConfig {
  std::uint32_t threads = 1;    // T
  std::uint32_t in_flight = 0;  // G, 0: the executor's own rule
  Wait wait = Wait::kAuto;
  // `gil` alone: how long a unit waits for the lock before it asks for it, and whether compute()
  // lets it go (as Python's hashlib does), so that units compute in parallel.
  std::chrono::microseconds gil_interval{5000};
  bool gil_release_compute = false;
  std::vector<int>
      carrier_cpus;  // Carrier i is pinned to carrier_cpus[i mod size]; empty: not pinned.
  std::size_t stack_bytes = std::size_t{64} * 1024;  // Of a green thread; at least 16 KiB.
  // For tests: threads that carry no unit wake units, so that a deadlock cannot be known.
  bool outside_wakers = false;
  // For tests: a unit that yields or is woken mostly goes on on another OS thread.
  bool always_migrate = false;
};

class Executor {
 public:
  Executor() = default;
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;
  virtual ~Executor() = default;

  // Carries units from the source until it answers kEnd and none is alive. The calling thread is
  // the first carrier. May be called again for the next trial. Not reentrant.
  virtual void run(WorkSource& source) = 0;
  // The most OS threads that carried units at one time during the last run().
  [[nodiscard]] virtual std::uint32_t peak_os_threads() const = 0;
};

}  // namespace strata
