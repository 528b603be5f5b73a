// What `green` and `coroutine` share: claiming leases, handing their units out to processors, and
// bringing the leases back.
//
// One lease at a time is open; processors take batches of its units, and who finds it used up
// claims the next. Units of many leases may be alive. Each processor gathers what its units leave
// in an account of its own and merges that into the lease when it turns to another lease or runs
// out of work, so that a unit costs no atomic operation.
//
// A batch doubles while it takes less than 10 us and shrinks when it takes longer, as in `pool`.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "worker/executors/executor.h"
#include "worker/executors/lease_record.h"
#include "worker/executors/unit_runner.h"
#include "worker/processors/processors.h"

namespace strata {

class UnitFeed;

// A lease of which units are alive or have not begun.
struct OpenLease {
  explicit OpenLease(UnitFeed& of) : feed(of) {}
  UnitFeed& feed;
  LeaseRecord record;
  std::uint32_t next = 0;     // The first unit not handed out. GUARDED_BY(UnitFeed::claim_mutex_)
  OpenLease* free = nullptr;  // In the list of those that can be used again.

  [[nodiscard]] const Lease& lease() const { return record.lease(); }
};

class UnitFeed : public Feed {
 public:
  explicit UnitFeed(Processors& processors);
  UnitFeed(const UnitFeed&) = delete;
  UnitFeed& operator=(const UnitFeed&) = delete;
  ~UnitFeed() override;

  // One trial. `in_flight`: units alive at most; 0: the source's fair share.
  void run(WorkSource& source, std::uint32_t in_flight);

  Answer take(Processor& processor, Batch& batch) override;
  [[nodiscard]] bool may_take() override;
  EventCount& bell() override { return source_->bell(); }
  void end_deadlock(const WaitReport& report) override;

  // What carries this feed's units.
  virtual Carrier& carrier() = 0;

  // For begin(): the unit in that place is about to run.
  void about_to_run(const OpenLease& lease, std::uint32_t place) const {
    if (lease.lease().alone) [[unlikely]] {
      source_->about_to_run(lease.lease().first_unit + place);
    }
  }
  [[nodiscard]] const Job& job() const { return *job_; }
  [[nodiscard]] std::uint64_t seed() const { return seed_; }
  // A processor's; its holder's but for `ended`.
  struct alignas(128) Account {
    OpenLease* lease = nullptr;  // What tally is about, and the units that ended since `settled`.
    Tally tally;
    std::uint64_t settled = 0;            // `ended` at the last merge into a lease
    std::uint32_t batch = 1;              // Units to take next
    std::uint32_t taken = 0;              // Units taken last
    std::uint64_t taken_ns = 0;           // When
    std::atomic<std::uint64_t> ended{0};  // Units, in this trial

    void count() {
      const std::uint64_t total = ended.load(std::memory_order_relaxed) + 1;  // Ours.
      ended.store(total, std::memory_order_release);                          // Pairs with alive().
    }
  };

  Account& account_of(const Processor& processor) { return accounts_[processor.index]; }

  // A unit has ended on that account's processor: what it added, and what it threw, or null.
  void ended(Account& account, OpenLease& lease, const Unit& unit,
             const std::exception_ptr& error) {
    if (account.lease != &lease) [[unlikely]] {
      settle(account);
      account.lease = &lease;
    }
    if (const Sums* const gathered = unit.gathered()) {
      add_sums(account.tally.sums, *gathered, std::make_index_sequence<kSums>());
    }
    if (error) [[unlikely]] {
      add_failure(account, lease, unit.index(), error);
    }
    account.count();
    // Relaxed: one who found no room just now may be missed here; it looks once more before it
    // sleeps, and within milliseconds again while others are busy. A full fence for each unit would
    // cost more than all else here.
    if (starving_.load(std::memory_order_relaxed)) [[unlikely]] {
      feed_the_starving();
    }
  }
  // The same for one that threw nothing, without a call where there is nothing else to be done.
  // False: there is, and nothing was done.
  [[nodiscard]] [[gnu::always_inline]] bool ended_as_usual(Account& account, OpenLease& lease,
                                                           const Unit& unit) {
    if (account.lease != &lease || starving_.load(std::memory_order_relaxed)) [[unlikely]] {
      return false;
    }
    if (const Sums* const gathered = unit.gathered()) {
      add_sums(account.tally.sums, *gathered, std::make_index_sequence<kSums>());
    }
    account.count();
    return true;
  }

 private:
  // One by one: two at once would read what a unit has just written in another width, and wait.
  template <std::size_t... I>
  static void add_sums(Sums& to, const Sums& from, std::index_sequence<I...>) {
    ((to[I] += from[I]), ...);
  }
  void add_failure(Account& account, OpenLease& lease, std::uint64_t unit,
                   const std::exception_ptr& error);
  void settle(Account& account);
  void report(OpenLease& lease);
  static void adapt(Account& account);
  [[nodiscard]] std::uint64_t room() const;
  [[nodiscard]] std::uint64_t alive() const;
  [[nodiscard]] bool starve();
  void feed_the_starving();
  bool hand_out(Account& account, Batch& batch);
  bool claim(bool& nothing);
  OpenLease* new_lease();

  Processors& processors_;
  std::vector<Account> accounts_;
  WorkSource* source_ = nullptr;  // The trial's, as the next four.
  const Job* job_ = nullptr;
  std::uint64_t seed_ = 0;
  std::uint64_t limit_ = 0;

  std::mutex claim_mutex_;
  OpenLease* open_ = nullptr;     // GUARDED_BY(claim_mutex_): has units to hand out, or null
  bool alone_ = false;            // GUARDED_BY(claim_mutex_): an alone lease is out
  bool ended_ = false;            // GUARDED_BY(claim_mutex_): the source said kEnd
  std::uint64_t handed_out_ = 0;  // GUARDED_BY(claim_mutex_): units, in this trial
  std::uint64_t live_ = 0;        // GUARDED_BY(claim_mutex_): leases claimed and not reported
  OpenLease* free_ = nullptr;     // GUARDED_BY(claim_mutex_)
  std::vector<std::unique_ptr<OpenLease>> leases_;  // GUARDED_BY(claim_mutex_): all of them
  std::atomic<bool> starving_{false};               // A processor found no room for another unit.
};

}  // namespace strata
