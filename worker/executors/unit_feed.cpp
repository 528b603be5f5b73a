#include "worker/executors/unit_feed.h"

#include <algorithm>
#include <utility>

#include "shared/os/clock.h"

namespace strata {
namespace {
constexpr std::uint32_t kBatchAtMost = 256;
constexpr std::uint64_t kBatchNs = 10'000;
}  // namespace

UnitFeed::UnitFeed(Processors& processors)
    : processors_(processors), accounts_(processors.count()) {}
UnitFeed::~UnitFeed() = default;

void UnitFeed::run(WorkSource& source, std::uint32_t in_flight) {
  source_ = &source;
  job_ = &source.job();
  seed_ = source.seed();
  limit_ = std::max<std::uint64_t>(1, in_flight != 0 ? in_flight : source.fair_share());
  {
    const std::lock_guard lock(claim_mutex_);
    ended_ = false;
    handed_out_ = 0;
  }
  for (Account& account : accounts_) {
    account.lease = nullptr;
    account.batch = 1;
    account.taken = 0;
    account.settled = 0;
    account.ended.store(0, std::memory_order_relaxed);
  }
  carrier().forget_cancellation();
  processors_.run(*this);
}

Feed::Answer UnitFeed::take(Processor& processor, Batch& batch) {
  Account& account = accounts_[processor.index];
  adapt(account);
  settle(account);
  const std::lock_guard lock(claim_mutex_);
  for (;;) {
    if (open_ != nullptr) {
      return hand_out(account, batch) ? Answer::kBatch : Answer::kNothingNow;
    }
    if (alone_) {
      return Answer::kNothingNow;
    }
    if (ended_) {
      return live_ == 0 ? Answer::kEnd : Answer::kNothingNow;
    }
    if (room() == 0 && starve()) {
      return Answer::kNothingNow;
    }
    bool nothing = false;
    if (!claim(nothing)) {
      if (nothing) {
        return Answer::kNothingNow;
      }
    }
  }
}

// Under claim_mutex_. False: the source has no lease. `nothing`: ... now.
bool UnitFeed::claim(bool& nothing) {
  Lease lease;
  switch (source_->claim(lease)) {
    case WorkSource::Answer::kNothingNow:
      nothing = true;
      return false;
    case WorkSource::Answer::kEnd:
      ended_ = true;
      return false;
    case WorkSource::Answer::kLease:
      break;
  }
  if (lease.units == 0) {
    source_->complete(lease, Sums{});
    return true;
  }
  open_ = new_lease();
  open_->record.open(lease);
  open_->next = 0;
  alone_ = lease.alone;
  ++live_;
  return true;
}

// Under claim_mutex_.
OpenLease* UnitFeed::new_lease() {
  if (free_ != nullptr) {
    return std::exchange(free_, free_->free);
  }
  return leases_.emplace_back(std::make_unique<OpenLease>(*this)).get();
}

// Under claim_mutex_, with a lease open.
bool UnitFeed::hand_out(Account& account, Batch& batch) {
  const Lease& lease = open_->lease();
  std::uint64_t room_now = lease.alone ? 1 - std::min<std::uint64_t>(1, alive()) : room();
  if (room_now == 0) {
    if (starve()) {
      return false;
    }
    room_now = 1;
  }
  const std::uint32_t left = lease.units - open_->next;
  // No more than what leaves the other processors as much.
  const std::uint64_t fair =
      std::max<std::uint64_t>(1, std::min<std::uint64_t>(room_now, left) / accounts_.size());
  const auto units = static_cast<std::uint32_t>(std::min<std::uint64_t>(account.batch, fair));
  batch = {open_, open_->next, open_->next + units};
  open_->next += units;
  handed_out_ += units;
  account.taken = units;
  account.taken_ns = now_ns();
  if (open_->next == lease.units) {
    open_ = nullptr;
  }
  return true;
}

void UnitFeed::adapt(Account& account) {
  if (account.taken == 0) {
    return;
  }
  std::uint64_t took = now_ns() - account.taken_ns;
  if (took < kBatchNs && account.taken >= account.batch) {
    account.batch = std::min(kBatchAtMost, account.batch * 2);
  }
  for (; took >= kBatchNs && account.batch > 1; took /= 2) {
    account.batch /= 2;
  }
  account.taken = 0;
}

bool UnitFeed::may_take() {
  const std::lock_guard lock(claim_mutex_);
  if (open_ != nullptr && open_->lease().alone) {
    return alive() == 0;
  }
  return open_ != nullptr && room() != 0;
}

// Under claim_mutex_. Units that were handed out and have not ended.
std::uint64_t UnitFeed::alive() const {
  std::uint64_t ended = 0;
  for (const Account& account : accounts_) {
    // Acquire: pairs with ended(); a unit that takes a place sees what the one before left.
    ended += account.ended.load(std::memory_order_acquire);
  }
  return handed_out_ - ended;
}

std::uint64_t UnitFeed::room() const { return limit_ - std::min(limit_, alive()); }

// Under claim_mutex_. Asks for a call when a unit ends; false if there is room after all.
bool UnitFeed::starve() {
  starving_.store(true, std::memory_order_seq_cst);  // Pairs with ended().
  return (open_ != nullptr && open_->lease().alone) ? alive() != 0 : room() == 0;
}

[[gnu::noinline]] void UnitFeed::feed_the_starving() {
  if (starving_.exchange(false, std::memory_order_seq_cst)) {
    processors_.wake_one();
  }
}

[[gnu::noinline]] void UnitFeed::add_failure(Account& account, OpenLease& lease, std::uint64_t unit,
                                             const std::exception_ptr& error) {
  account.tally.add_failure(unit, error);
  if (lease.lease().together) {
    // The others may wait for this one for ever.
    lease.record.fail_early(*source_, account.tally);
    carrier().cancel_units(sibling_failed(unit));
  }
}

void UnitFeed::end_deadlock(const WaitReport& report) { carrier().cancel_units(report.deadlock()); }

void UnitFeed::settle(Account& account) {
  if (account.lease == nullptr) {
    return;
  }
  OpenLease& lease = *std::exchange(account.lease, nullptr);
  const std::uint64_t ended = account.ended.load(std::memory_order_relaxed);  // Ours.
  const auto done = static_cast<std::uint32_t>(ended - std::exchange(account.settled, ended));
  if (lease.record.merge(std::exchange(account.tally, Tally{}), done)) {
    report(lease);
  }
}

void UnitFeed::report(OpenLease& lease) {
  const bool alone = lease.lease().alone;
  lease.record.report(*source_);
  bool tell = alone;
  {
    const std::lock_guard lock(claim_mutex_);
    lease.free = free_;
    free_ = &lease;
    --live_;
    tell |= ended_ && live_ == 0;  // Whoever wakes finds the end, and tells all.
    if (alone) {
      alone_ = false;  // Not before the source has it back: then others may claim.
    }
  }
  if (tell) {
    processors_.wake_one();
  }
}

}  // namespace strata
