// A source of work in memory: one lease of units, for measuring an executor by itself. A cluster's
// source would add the price of claims, which the benchmarks tell.
#pragma once
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "worker/executors/executor.h"

namespace strata {

class OneLease final : public WorkSource {
 public:
  // Units [first, first + units) of `job`, which wait for each other if `together`.
  OneLease(const Job& job, std::uint64_t first, std::uint32_t units, bool together)
      : job_(job), bell_(bell_word_, Wait::kAuto) {
    lease_.first_unit = first;
    lease_.units = units;
    lease_.together = together;
    lease_.slots = &no_slot_;
  }

  // Deals the same units again.
  void rewind() {
    const std::lock_guard lock(mutex_);
    dealt_ = false;
  }
  // Why a unit failed; empty when none did.
  [[nodiscard]] std::string failure() const {
    const std::lock_guard lock(mutex_);
    return failure_;
  }

  Answer claim(Lease& lease) override {
    const std::lock_guard lock(mutex_);
    if (dealt_) {
      return Answer::kEnd;
    }
    dealt_ = true;
    lease = lease_;
    return Answer::kLease;
  }
  void complete(const Lease&, const Sums&) override {}
  void fail(const Lease&, std::uint64_t, std::string_view message) override {
    const std::lock_guard lock(mutex_);
    failure_ = message;
  }
  void about_to_run(std::uint64_t) override {}
  EventCount& bell() override { return bell_; }
  [[nodiscard]] const Job& job() const override { return job_; }
  [[nodiscard]] std::uint64_t seed() const override { return 1; }
  [[nodiscard]] std::uint64_t fair_share() const override { return lease_.units; }

 private:
  const Job& job_;
  std::byte no_slot_{};
  Lease lease_;
  std::atomic<std::uint32_t> bell_word_{0};
  EventCount bell_;
  mutable std::mutex mutex_;
  bool dealt_ = false;   // GUARDED_BY(mutex_)
  std::string failure_;  // GUARDED_BY(mutex_)
};

}  // namespace strata
