// A WorkSource in memory, for whatever tests executors without a cluster: it deals leases by a
// script, and keeps what comes back.
#pragma once
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "worker/executors/executor.h"

namespace strata {

// What became of a lease.
struct LeaseOutcome {
  Lease lease;
  Sums sums{};
  bool failed = false;
  std::uint64_t failed_unit = 0;
  std::string message;
};

class FakeSource final : public WorkSource {
 public:
  FakeSource(const Job& job, std::size_t slot_bytes = 0, Wait wait = Wait::kAuto,
             std::uint64_t seed = 1)
      : job_(job), slot_bytes_(slot_bytes), seed_(seed), bell_(bell_word_, wait) {}

  // The script. Units are numbered on from lease to lease. Call these before run(), or during it
  // between hold() and release().
  FakeSource& lease(std::uint32_t units, bool alone = false) {
    const std::lock_guard lock(mutex_);
    steps_.push_back({Step::kLease, units, alone});
    units_ += units;
    return *this;
  }
  // Units that wait for each other.
  FakeSource& together(std::uint32_t units) {
    const std::lock_guard lock(mutex_);
    steps_.push_back({Step::kLease, units, false, true});
    units_ += units;
    return *this;
  }
  FakeSource& leases(std::uint64_t units, std::uint32_t units_a_lease) {
    for (; units != 0; units -= std::min<std::uint64_t>(units, units_a_lease)) {
      lease(static_cast<std::uint32_t>(std::min<std::uint64_t>(units, units_a_lease)));
    }
    return *this;
  }
  // Answers kNothingNow until everything before has come back.
  FakeSource& wait_for_all() { return add({Step::kWaitForAll, 0, false}); }
  // Answers kNothingNow until release().
  FakeSource& hold() { return add({Step::kHold, 0, false}); }

  // Lets the script go on past its hold(). From any thread.
  void release() {
    {
      const std::lock_guard lock(mutex_);
      ++released_;
    }
    ring(bell_word_);
  }
  // How often claim() has answered kNothingNow.
  [[nodiscard]] std::uint64_t asked_in_vain() const {
    const std::lock_guard lock(mutex_);
    return in_vain_;
  }
  // Blocks until claim() has answered kNothingNow `times` times in all.
  void wait_until_asked_in_vain(std::uint64_t times) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return in_vain_ >= times; });
  }

  // Begins the script anew: what it dealt and what came back is forgotten.
  void rewind() {
    const std::lock_guard lock(mutex_);
    next_step_ = released_ = 0;
    next_unit_ = in_vain_ = 0;
    memory_.clear();
    outcomes_.clear();
    announced_.clear();
  }

  Answer claim(Lease& lease) override {
    const std::lock_guard lock(mutex_);
    const Answer answer = next(lease);
    if (answer == Answer::kNothingNow) {
      ++in_vain_;
      changed_.notify_all();
    }
    return answer;
  }
  void complete(const Lease& lease, const Sums& sums) override {
    bring_back({lease, sums, false, 0, {}});
  }
  void fail(const Lease& lease, std::uint64_t unit, std::string_view message) override {
    bring_back({lease, {}, true, unit, std::string(message)});
  }
  void about_to_run(std::uint64_t unit) override {
    const std::lock_guard lock(mutex_);
    announced_.push_back(unit);
  }
  EventCount& bell() override { return bell_; }
  [[nodiscard]] const Job& job() const override { return job_; }
  [[nodiscard]] std::uint64_t seed() const override { return seed_; }

  [[nodiscard]] std::uint64_t fair_share() const override {
    const std::lock_guard lock(mutex_);
    return units_;
  }

  // After run(), by first unit.
  [[nodiscard]] std::vector<LeaseOutcome> outcomes() const {
    const std::lock_guard lock(mutex_);
    std::vector<LeaseOutcome> sorted = outcomes_;
    std::sort(sorted.begin(), sorted.end(), [](const LeaseOutcome& a, const LeaseOutcome& b) {
      return a.lease.first_unit < b.lease.first_unit;
    });
    return sorted;
  }
  [[nodiscard]] Sums sums() const {
    const std::lock_guard lock(mutex_);
    Sums total{};
    for (const LeaseOutcome& outcome : outcomes_) {
      for (std::size_t i = 0; i < kSums; ++i) {
        total[i] += outcome.sums[i];
      }
    }
    return total;
  }
  [[nodiscard]] std::vector<std::uint64_t> announced() const {
    const std::lock_guard lock(mutex_);
    return announced_;
  }
  [[nodiscard]] std::uint64_t units() const { return units_; }
  // Leases dealt and not brought back.
  [[nodiscard]] std::size_t outstanding() const {
    const std::lock_guard lock(mutex_);
    return outstanding_;
  }
  // Claims made while an alone lease was being run: the contract forbids them.
  [[nodiscard]] std::size_t claims_beside_alone() const {
    const std::lock_guard lock(mutex_);
    return claims_beside_alone_;
  }

 private:
  struct Step {
    enum Kind : std::uint8_t { kLease, kWaitForAll, kHold } kind;
    std::uint32_t units;
    bool alone;
    bool together = false;
  };

  FakeSource& add(const Step& step) {
    const std::lock_guard lock(mutex_);
    steps_.push_back(step);
    return *this;
  }

  Answer next(Lease& lease) {
    if (alone_out_) {
      ++claims_beside_alone_;
      return Answer::kNothingNow;
    }
    for (; next_step_ < steps_.size(); ++next_step_) {
      const Step& step = steps_[next_step_];
      if (step.kind == Step::kWaitForAll && outstanding_ != 0) {
        return Answer::kNothingNow;
      }
      if (step.kind == Step::kHold) {
        if (released_ == 0) {
          return Answer::kNothingNow;
        }
        --released_;
      }
      if (step.kind == Step::kLease) {
        if (step.alone && outstanding_ != 0) {
          return Answer::kNothingNow;
        }
        deal(step, lease);
        ++next_step_;
        return Answer::kLease;
      }
    }
    return Answer::kEnd;
  }

  void deal(const Step& step, Lease& lease) {
    // One more byte: a lease has memory of its own even where slots have none.
    memory_.emplace_back(step.units * slot_bytes_ + 1);
    lease = Lease{};
    lease.first_unit = next_unit_;
    lease.units = step.units;
    lease.alone = step.alone;
    lease.together = step.together;
    lease.slots = memory_.back().data();
    lease.slot_bytes = slot_bytes_;
    lease.attempt = 1;
    next_unit_ += step.units;
    ++outstanding_;
    alone_out_ = step.alone;
  }

  void bring_back(LeaseOutcome outcome) {
    bool ask_again = false;
    {
      const std::lock_guard lock(mutex_);
      alone_out_ = false;
      outcomes_.push_back(std::move(outcome));
      ask_again = --outstanding_ == 0;
    }
    if (ask_again) {
      bell_.notify_all();
    }
  }

  const Job& job_;
  const std::size_t slot_bytes_;
  const std::uint64_t seed_;
  std::atomic<std::uint32_t> bell_word_{0};
  EventCount bell_;

  mutable std::mutex mutex_;  // Guards all that follows.
  std::condition_variable changed_;
  std::vector<Step> steps_;
  std::uint64_t units_ = 0;
  std::size_t next_step_ = 0;
  std::size_t released_ = 0;
  std::uint64_t next_unit_ = 0;
  std::uint64_t in_vain_ = 0;
  std::size_t outstanding_ = 0;
  bool alone_out_ = false;
  std::size_t claims_beside_alone_ = 0;
  std::vector<std::vector<std::byte>> memory_;  // One a lease; their bytes do not move.
  std::vector<LeaseOutcome> outcomes_;
  std::vector<std::uint64_t> announced_;
};

// A Job that only has a body: a function object called as Co<void>(Unit&).
template <typename Body>
class BodyJob final : public Job {
 public:
  explicit BodyJob(Body body) : body_(std::move(body)) {}
  Result<Plan> plan(const PlanContext&) override { return Plan{}; }
  Outcome finish(const Results&, const std::string&) override { return {}; }
  Co<void> body(Unit& unit) const override { return body_(unit); }

 private:
  Body body_;
};

}  // namespace strata
