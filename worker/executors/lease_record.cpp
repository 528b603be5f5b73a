#include "worker/executors/lease_record.h"

namespace strata {

std::string sibling_failed(std::uint64_t unit) {
  return "cancelled, since unit " + std::to_string(unit) + " of its group failed";
}

void LeaseRecord::open(const Lease& lease) {
  lease_ = lease;
  for (auto& sum : sums_) {
    sum.store(0, std::memory_order_relaxed);
  }
  failure_ = Tally{};
  failed_early_.store(false, std::memory_order_relaxed);
  // Relaxed: whoever hands the units out publishes all of this at once.
  left_.store(lease.units, std::memory_order_relaxed);
}

bool LeaseRecord::merge(const Tally& tally, std::uint32_t units) {
  for (std::size_t i = 0; i < kSums; ++i) {
    if (tally.sums[i] != 0) {
      sums_[i].fetch_add(tally.sums[i], std::memory_order_relaxed);
    }
  }
  if (tally.failed) {
    const std::lock_guard lock(failure_mutex_);
    if (!failure_.failed || tally.failed_unit < failure_.failed_unit) {
      failure_ = tally;
    }
  }
  // Acq_rel: each merge releases its sums and its units' slots to the last one, which acquires
  // them.
  return left_.fetch_sub(units, std::memory_order_acq_rel) == units;
}

void LeaseRecord::fail_early(WorkSource& source, const Tally& tally) {
  // Relaxed: one of several is chosen; report() sees it by merge()'s order.
  if (!failed_early_.exchange(true, std::memory_order_relaxed)) {
    source.fail(lease_, tally.failed_unit, tally.message);
  }
}

void LeaseRecord::report(WorkSource& source) {
  if (failed_early_.load(std::memory_order_relaxed)) {
    return;
  }
  // No lock: the last merge() has seen all others, and nobody merges any more.
  if (failure_.failed) {
    source.fail(lease_, failure_.failed_unit, failure_.message);
    return;
  }
  Sums sums{};
  for (std::size_t i = 0; i < kSums; ++i) {
    sums[i] = sums_[i].load(std::memory_order_relaxed);
  }
  source.complete(lease_, sums);
}

}  // namespace strata
