// A lease that several threads run together: how many of its units are left, and what the others
// have gathered so far.
//
// One thread opens it; any number merge into it; the one whose merge() returns true reports it, and
// may open it again. Between open() and that report every unit is merged once.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "worker/executors/unit_runner.h"

namespace strata {

// Why the other units of a group are cancelled.
std::string sibling_failed(std::uint64_t unit);

class LeaseRecord {
 public:
  // `lease.units` > 0.
  void open(const Lease& lease);
  // Valid until report().
  [[nodiscard]] const Lease& lease() const { return lease_; }
  // `units` (> 0) more have run, with this outcome. True for the last.
  [[nodiscard]] bool merge(const Tally& tally, std::uint32_t units);
  // Units of `tally` have failed in a lease of units that wait for each other: tells the source
  // now, the first time. Any thread.
  void fail_early(WorkSource& source, const Tally& tally);
  // Brings the lease back to the source, unless fail_early() has.
  void report(WorkSource& source);

 private:
  Lease lease_;  // Written by open(); whoever hands its units out publishes it.
  std::atomic<std::uint32_t> left_{0};
  // Relaxed everywhere: left_ orders them.
  std::array<std::atomic<std::uint64_t>, kSums> sums_{};
  std::atomic<bool> failed_early_{false};
  std::mutex failure_mutex_;
  Tally failure_;  // GUARDED_BY(failure_mutex_); its sums are not used.
};

}  // namespace strata
