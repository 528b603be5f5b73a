#include "shared/host/lease_book.h"

#include <algorithm>
#include <utility>

#include "shared/base/check.h"

namespace strata {
namespace {

std::uint64_t packed(const LeaseKey& key) {
  return (std::uint64_t{value_of(key.shard)} << 32U) | key.attempt;
}

}  // namespace

LeaseBook::LeaseBook(ClaimTable table) : table_(table) {}

std::optional<std::uint32_t> LeaseBook::find(const LeaseKey& key) const {
  const auto found = index_of_.find(packed(key));
  return found == index_of_.end() ? std::nullopt : std::optional(found->second);
}

bool LeaseBook::has(const LeaseKey& key) const { return find(key).has_value(); }

bool LeaseBook::seen(const LeaseKey& key) const {
  const auto highest = highest_attempt_.find(value_of(key.shard));
  return highest != highest_attempt_.end() && key.attempt <= highest->second;
}

bool LeaseBook::offer(const LeaseKey& key, const LeaseFacts& facts) {
  if (seen(key)) {
    return true;
  }
  std::uint32_t index = table_.size();
  // A further attempt goes below the cursor where it can, and so is claimed before what is new.
  const bool again = key.attempt > 1 && !unused_.empty();
  if (again || index == table_.capacity()) {
    if (unused_.empty()) {
      return false;
    }
    index = unused_.back();
    unused_.pop_back();
  }
  if (index >= slots_.size()) {
    slots_.resize(index + 1);
  }
  STRATA_CHECK(slots_[index].place == Place::kUnused, index);
  slots_[index] = {key, Place::kLive};
  live_.push_back(index);
  index_of_[packed(key)] = index;
  highest_attempt_[value_of(key.shard)] = key.attempt;
  table_.offer(index, key.attempt, facts);
  return true;
}

std::vector<DoneLease> LeaseBook::collect_done() {
  std::vector<DoneLease> done;
  std::uint32_t lowest = table_.size();
  std::size_t kept = 0;
  for (const std::uint32_t index : live_) {
    const ClaimWord word = table_.word(index);
    if (word.state == ClaimState::kDone) {
      slots_[index].place = Place::kDone;
      done.push_back(
          {slots_[index].key, word.worker, word.epoch, table_.took_ns(index), table_.facts(index)});
      continue;
    }
    lowest = std::min(lowest, index);
    live_[kept++] = index;
  }
  live_.resize(kept);
  table_.skip_below(lowest);
  return done;
}

void LeaseBook::settle(const LeaseKey& key) {
  const auto index = find(key);
  if (index && slots_[*index].place == Place::kDone) {
    slots_[*index].place = Place::kUnused;
    index_of_.erase(packed(key));
    unused_.push_back(*index);
  }
}

std::vector<HeldLease> LeaseBook::held() const {
  std::vector<HeldLease> held;
  for (const std::uint32_t index : live_) {
    const ClaimWord word = table_.word(index);
    if (word.state == ClaimState::kClaimed) {
      held.push_back({slots_[index].key, word.worker, word.epoch});
    }
  }
  return held;
}

// The entry's lease is out of the table, and nobody writes into its memory any more.
void LeaseBook::leave(std::uint32_t index) {
  Slot& slot = slots_[index];
  gone_.push_back({slot.key, table_.facts(index), table_.was_let_go(index)});
  index_of_.erase(packed(slot.key));
  slot.place = Place::kUnused;
  unused_.push_back(index);
}

std::vector<HeldLease> LeaseBook::release_dead(std::uint32_t worker, Epoch epoch) {
  const auto is_of_dead = [&](const ClaimWord& word) {
    return word.worker == worker && word.epoch != 0 && word.epoch <= epoch;
  };
  std::vector<HeldLease> held;
  std::erase_if(live_, [&](std::uint32_t index) {
    const ClaimWord word = table_.word(index);
    if (word.state != ClaimState::kClaimed || !is_of_dead(word) ||
        !table_.revoke(index, word.attempt)) {
      return false;
    }
    held.push_back({slots_[index].key, word.worker, word.epoch});
    leave(index);
    return true;
  });
  std::erase_if(leaving_, [&](std::uint32_t index) {
    if (!is_of_dead(table_.word(index))) {
      return false;
    }
    leave(index);
    return true;
  });
  return held;
}

std::vector<LeaseKey> LeaseBook::unclaimed() const {
  std::vector<LeaseKey> keys;
  for (const std::uint32_t index : live_) {
    if (table_.word(index).state == ClaimState::kFree) {
      keys.push_back(slots_[index].key);
    }
  }
  return keys;
}

void LeaseBook::revoke(const LeaseKey& key) {
  const auto index = find(key);
  if (!index || slots_[*index].place != Place::kLive || !table_.revoke(*index, key.attempt)) {
    return;
  }
  // Out of live_ now and not at the next sweep, so that an entry never stands in it twice.
  std::erase(live_, *index);
  if (table_.word(*index).epoch == 0) {
    leave(*index);
    return;
  }
  slots_[*index].place = Place::kLeaving;
  leaving_.push_back(*index);
}

std::vector<GoneLease> LeaseBook::collect_gone() {
  std::erase_if(leaving_, [&](std::uint32_t index) {
    if (!table_.was_let_go(index)) {
      return false;
    }
    leave(index);
    return true;
  });
  return std::exchange(gone_, {});
}

}  // namespace strata
