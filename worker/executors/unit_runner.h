// Running units to their end on the calling thread: what `serial`, `threads` and `pool` share,
// whose operations all finish at once.
#pragma once
#include <cstdint>
#include <exception>
#include <string>

#include "shared/unit/carrier.h"
#include "worker/executors/executor.h"

namespace strata {

// What one carrier gathers while it runs units of one lease.
struct Tally {
  Sums sums{};  // Units add to it directly.
  bool failed = false;
  std::uint64_t failed_unit = 0;  // The lowest that threw.
  std::string message;

  [[gnu::cold]] void add_failure(std::uint64_t unit, const std::exception_ptr& error);
};

class UnitRunner {
 public:
  // `carrier` finishes every operation at once; it outlives the runner.
  UnitRunner(const WorkSource& source, Carrier& carrier)
      : carrier_(carrier), job_(source.job()), seed_(source.seed()) {}

  // Runs units [first, last) of the lease, counted from its first, in order. One that throws is
  // noted in the tally, and the others go on.
  void run(const Lease& lease, std::uint32_t first, std::uint32_t last, Tally& tally);

 private:
  void run_one(const Lease& lease, std::uint32_t place, Tally& tally);

  Carrier& carrier_;
  const Job& job_;
  const std::uint64_t seed_;
};

// Runs the whole lease in order on this thread, telling about_to_run() if it is an alone lease, and
// brings it back.
void run_lease(WorkSource& source, UnitRunner& runner, const Lease& lease);

// Calls f(lease) for every lease that the source has, and waits for those to come, until its end.
template <typename F>
void for_each_lease(WorkSource& source, F f) {
  for (;;) {
    const std::uint32_t ticket = source.bell().ticket();
    Lease lease;
    switch (source.claim(lease)) {
      case WorkSource::Answer::kLease:
        f(lease);
        break;
      case WorkSource::Answer::kNothingNow:
        source.bell().wait(ticket);
        break;
      case WorkSource::Answer::kEnd:
        return;
    }
  }
}

// Fails every lease with this reason, until the end: an executor with fewer threads than it was
// asked to have would give figures of another layout.
void refuse_all(WorkSource& source, const std::string& why);

// Runs everything the source has, lease after lease, on this thread alone.
// `outside_wakers`: as in ExecutorConfig.
void run_all(WorkSource& source, bool outside_wakers = false);

}  // namespace strata
