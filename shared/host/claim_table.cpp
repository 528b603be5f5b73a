#include "shared/host/claim_table.h"

#include <algorithm>
#include <new>

#include "shared/base/check.h"

namespace strata {
namespace {

constexpr std::uint64_t kMagic = 0x3165'6c62'6174'6c63;  // "cltable1"
constexpr unsigned kEpochShift = 24;
constexpr unsigned kWorkerShift = 48;
constexpr unsigned kStateShift = 62;
constexpr std::uint64_t kAttemptMask = (1ULL << 24U) - 1;
constexpr std::uint64_t kWorkerMask = ClaimTable::kMaxWorkers - 1;

ClaimWord free_word(Attempt attempt, bool alone) {
  return {ClaimState::kFree, alone ? 1U : 0U, 0, attempt};
}

}  // namespace

std::uint64_t ClaimWord::packed() const {
  return (static_cast<std::uint64_t>(state) << kStateShift) |
         ((worker & kWorkerMask) << kWorkerShift) | ((epoch & kAttemptMask) << kEpochShift) |
         (attempt & kAttemptMask);
}

ClaimWord ClaimWord::unpack(std::uint64_t bits) {
  return {static_cast<ClaimState>(bits >> kStateShift),
          static_cast<std::uint32_t>((bits >> kWorkerShift) & kWorkerMask),
          static_cast<Epoch>((bits >> kEpochShift) & kAttemptMask),
          static_cast<Attempt>(bits & kAttemptMask)};
}

// The line that everybody reads and the agent rarely writes, then the line that every claim writes.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): two lines on purpose
struct alignas(64) ClaimTable::Header {
  std::uint64_t magic = 0;             // Written once, before any worker exists
  std::uint32_t capacity = 0;          // Likewise
  std::atomic<std::uint32_t> size{0};  // Written by the agent
  std::atomic<std::uint32_t> offers{0};
  std::atomic<std::uint32_t> scan_from{0};
  std::atomic<std::uint32_t> closed{0};
  alignas(64) std::atomic<std::uint32_t> cursor{0};  // Written by workers
};

// A line of its own, so that neighbours finishing do not disturb each other. All fields are atomic
// because facts() may be asked while the agent writes the next lease here; their order rides on
// `word` alone (2).
struct alignas(64) ClaimTable::Entry {
  std::atomic<std::uint64_t> word{0};
  std::atomic<std::uint32_t> shard{0};
  std::atomic<std::uint32_t> units{0};
  std::atomic<std::uint64_t> first_unit{0};
  std::atomic<std::uint64_t> result_offset{0};
  std::atomic<std::uint64_t> took_ns{0};  // Written by the worker that the word names
  std::atomic<std::uint64_t> let_go{0};   // Likewise: its claimed word, once it is through with it
  std::atomic<std::uint32_t> alone{0};
};

std::size_t ClaimTable::bytes_for(std::uint32_t capacity) {
  return sizeof(Header) + std::size_t{capacity} * sizeof(Entry);
}

ClaimTable ClaimTable::format(std::span<std::byte> memory, std::uint32_t capacity) {
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "words lie in shared memory");
  static_assert(sizeof(Header) == 128 && sizeof(Entry) == 64, "one line each");
  STRATA_CHECK(memory.size() >= bytes_for(capacity), memory.size(), capacity);
  STRATA_CHECK(reinterpret_cast<std::uintptr_t>(memory.data()) % alignof(Header) == 0);
  // Entries are used as the zeroed memory that they are: touching them all here would cost a large
  // table its pages before the first lease.
  auto* header = new (memory.data()) Header;
  header->magic = kMagic;
  header->capacity = capacity;
  return ClaimTable(header);
}

std::optional<ClaimTable> ClaimTable::attach(std::span<std::byte> memory) {
  if (memory.size() < sizeof(Header) ||
      reinterpret_cast<std::uintptr_t>(memory.data()) % alignof(Header) != 0) {
    return std::nullopt;
  }
  auto* header = reinterpret_cast<Header*>(memory.data());
  if (header->magic != kMagic || memory.size() < bytes_for(header->capacity)) {
    return std::nullopt;
  }
  return ClaimTable(header);
}

ClaimTable::Entry& ClaimTable::entry(std::uint32_t index) const {
  return reinterpret_cast<Entry*>(header_ + 1)[index];
}

std::uint32_t ClaimTable::capacity() const { return header_->capacity; }

// Acquire: pairs with the release in offer(); an entry below the size has been written.
std::uint32_t ClaimTable::size() const { return header_->size.load(std::memory_order_acquire); }

void ClaimTable::offer(std::uint32_t index, Attempt attempt, const LeaseFacts& facts) {
  // Relaxed: only the agent, the caller, writes size and scan_from.
  const std::uint32_t size = header_->size.load(std::memory_order_relaxed);
  STRATA_CHECK(index <= size && index < header_->capacity, index, size, header_->capacity);
  Entry& e = entry(index);
  if (index < size) {
    const ClaimState state = word(index).state;
    STRATA_CHECK(state == ClaimState::kRevoked || state == ClaimState::kDone, index, attempt);
  }
  // Relaxed: published by the word (2).
  e.shard.store(facts.shard, std::memory_order_relaxed);
  e.units.store(facts.units, std::memory_order_relaxed);
  e.first_unit.store(facts.first_unit, std::memory_order_relaxed);
  e.result_offset.store(facts.result_offset, std::memory_order_relaxed);
  e.alone.store(facts.alone ? 1 : 0, std::memory_order_relaxed);
  e.took_ns.store(0, std::memory_order_relaxed);
  e.let_go.store(0, std::memory_order_relaxed);
  // Release: publishes the facts. Pairs with the acquire of the compare-and-swap in own().
  e.word.store(free_word(attempt, facts.alone).packed(), std::memory_order_release);
  if (index == size) {
    // Release: publishes the entry. Pairs with the acquire in size().
    header_->size.store(size + 1, std::memory_order_release);
  } else if (index < header_->scan_from.load(std::memory_order_relaxed)) {
    // Relaxed: published by count_offers().
    header_->scan_from.store(index, std::memory_order_relaxed);
  }
}

bool ClaimTable::revoke(std::uint32_t index, Attempt attempt) {
  std::atomic<std::uint64_t>& word_bits = entry(index).word;
  // Acquire: when it was done, the caller goes on to read the result. Pairs with finish().
  std::uint64_t bits = word_bits.load(std::memory_order_acquire);
  while (true) {
    ClaimWord next = ClaimWord::unpack(bits);
    if (next.attempt != attempt ||
        (next.state != ClaimState::kFree && next.state != ClaimState::kClaimed)) {
      return false;
    }
    next.state = ClaimState::kRevoked;
    // Acquire on failure: as above. Success publishes nothing.
    if (word_bits.compare_exchange_weak(bits, next.packed(), std::memory_order_acq_rel,
                                        std::memory_order_acquire)) {
      return true;
    }
  }
}

void ClaimTable::count_offers() {
  // Release: publishes size and scan_from. Pairs with the acquire in take_index().
  header_->offers.fetch_add(1, std::memory_order_release);
}

void ClaimTable::skip_below(std::uint32_t index) {
  // Relaxed: a reader of the older, lower value only looks at more words.
  header_->scan_from.store(index, std::memory_order_relaxed);
}

// Release and acquire: whoever sees it closed sees what the agent did before.
void ClaimTable::close() { header_->closed.store(1, std::memory_order_release); }
bool ClaimTable::closed() const { return header_->closed.load(std::memory_order_acquire) != 0; }

std::optional<std::uint32_t> ClaimTable::take_index(bool alone_allowed, Rescan& rescan) {
  if (closed()) {
    return std::nullopt;
  }
  // What was offered again lies below the cursor and goes first: a shard that was lost once should
  // not be the last of the trial, and one that ends its workers should be known early.
  // Acquire: pairs with count_offers(); the size read below covers every entry that it counted.
  const std::uint32_t offers = header_->offers.load(std::memory_order_acquire);
  if (offers != rescan.offers_seen || (rescan.skipped_alone && alone_allowed)) {
    // Relaxed: the two bounds only say where to look.
    rescan = {offers, header_->scan_from.load(std::memory_order_relaxed),
              std::min(header_->cursor.load(std::memory_order_relaxed), size()), false, false};
  }
  while (rescan.next < rescan.passed) {
    const std::uint32_t index = rescan.next++;
    if (word(index).state == ClaimState::kFree) {
      return index;
    }
  }
  // Looking before taking keeps idle workers from running the cursor away from the size: what it
  // passes before it is published is only found by looking again.
  // Relaxed: an index is only a number; what lies there rides on size and word.
  if (header_->cursor.load(std::memory_order_relaxed) < size()) {
    const std::uint32_t index = header_->cursor.fetch_add(1, std::memory_order_relaxed);
    if (index < size()) {
      return index;
    }
  }
  if (rescan.exhausted) {
    return std::nullopt;
  }
  for (const std::uint32_t end = size(); rescan.next < end;) {
    const std::uint32_t index = rescan.next++;
    if (word(index).state == ClaimState::kFree) {
      return index;
    }
  }
  rescan.exhausted = true;
  return std::nullopt;
}

std::optional<Claim> ClaimTable::own(std::uint32_t index, WorkerId worker, Epoch epoch,
                                     bool alone_allowed, Rescan& rescan) {
  std::atomic<std::uint64_t>& word_bits = entry(index).word;
  // Relaxed: the compare-and-swap below is what decides and what orders.
  std::uint64_t bits = word_bits.load(std::memory_order_relaxed);
  while (true) {
    const ClaimWord seen = ClaimWord::unpack(bits);
    if (seen.state != ClaimState::kFree) {
      return std::nullopt;
    }
    if (seen.worker != 0 && !alone_allowed) {  // (4)
      rescan.skipped_alone = true;
      return std::nullopt;
    }
    const ClaimWord mine{ClaimState::kClaimed, value_of(worker), epoch, seen.attempt};
    // Acquire: pairs with the release in offer(), so the facts are those of this lease (2).
    if (word_bits.compare_exchange_weak(bits, mine.packed(), std::memory_order_acquire,
                                        std::memory_order_relaxed)) {
      return Claim{index, seen.attempt, facts(index)};
    }
  }
}

std::optional<Claim> ClaimTable::claim(WorkerId worker, Epoch epoch, bool alone_allowed,
                                       Rescan& rescan) {
  while (const auto index = take_index(alone_allowed, rescan)) {
    if (auto claim = own(*index, worker, epoch, alone_allowed, rescan)) {
      return claim;
    }
  }
  return std::nullopt;
}

bool ClaimTable::finish(const Claim& claim, WorkerId worker, Epoch epoch, std::uint64_t took_ns) {
  Entry& e = entry(claim.entry);
  ClaimWord mine{ClaimState::kClaimed, value_of(worker), epoch, claim.attempt};
  std::uint64_t expected = mine.packed();
  mine.state = ClaimState::kDone;
  // Relaxed: published by the word.
  e.took_ns.store(took_ns, std::memory_order_relaxed);
  // Release: publishes the result. Pairs with the acquire in word() and revoke().
  if (e.word.compare_exchange_strong(expected, mine.packed(), std::memory_order_release,
                                     std::memory_order_relaxed)) {
    return true;
  }
  let_go(claim, worker, epoch);
  return false;
}

void ClaimTable::let_go(const Claim& claim, WorkerId worker, Epoch epoch) {
  const ClaimWord mine{ClaimState::kClaimed, value_of(worker), epoch, claim.attempt};
  // Release: the last writes into the attempt's memory come before it is used for something else.
  // Pairs with the acquire in was_let_go().
  entry(claim.entry).let_go.store(mine.packed(), std::memory_order_release);
}

ClaimWord ClaimTable::word(std::uint32_t index) const {
  // Acquire: of a done word the result follows. Pairs with the release in finish().
  return ClaimWord::unpack(entry(index).word.load(std::memory_order_acquire));
}

LeaseFacts ClaimTable::facts(std::uint32_t index) const {
  // Relaxed: ordered by the word (2).
  const Entry& e = entry(index);
  return {e.shard.load(std::memory_order_relaxed), e.units.load(std::memory_order_relaxed),
          e.first_unit.load(std::memory_order_relaxed),
          e.result_offset.load(std::memory_order_relaxed),
          e.alone.load(std::memory_order_relaxed) != 0};
}

std::uint64_t ClaimTable::took_ns(std::uint32_t index) const {
  // Relaxed: ordered by the word.
  return entry(index).took_ns.load(std::memory_order_relaxed);
}

bool ClaimTable::was_let_go(std::uint32_t index) const {
  ClaimWord claimed = word(index);
  claimed.state = ClaimState::kClaimed;
  // Acquire: pairs with the release in let_go().
  return claimed.epoch != 0 &&
         entry(index).let_go.load(std::memory_order_acquire) == claimed.packed();
}

}  // namespace strata
