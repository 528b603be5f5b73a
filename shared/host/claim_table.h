// Which worker has which shard of a host: one word a lease, claimed by compare-and-swap.
//
// The table lies in memory shared by the agent (one thread) and every worker of the host. There is
// no lock in it: a process killed at any instruction tears nothing and blocks nobody.
//
// (1) A word is {state, worker, epoch, attempt}. Only these steps change it, each one
//     compare-and-swap on the whole word (the last is a store: nobody else may change it then):
//         free -> claimed       a worker
//         claimed -> done       the worker that the word names
//         claimed -> revoked    the agent
//         free -> revoked       the agent
//         revoked, done -> free as another lease   the agent, once the named worker is dead or has
//                                                  let go, so that no finish() of it is to come
// (2) The other fields of an entry are written by the agent before the word becomes free
//     (release), and read by the worker that claimed it (acquire).
// (3) A worker killed between taking an index from the cursor and owning the word leaves the entry
//     free but passed by. When the cursor is at the end, workers look for free words again, once
//     for each change of `offers`.
// (4) A free word names no worker: its epoch is 0, and its worker field is 1 when the lease wants
// to
//     run alone. So the claiming compare-and-swap decides about that as well, and an entry that is
//     revoked and offered as another lease in between cannot be taken for the earlier one.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "shared/base/ids.h"

namespace strata {

enum class ClaimState : std::uint8_t { kFree = 0, kClaimed = 1, kDone = 2, kRevoked = 3 };

struct ClaimWord {
  ClaimState state = ClaimState::kRevoked;
  std::uint32_t worker = 0;  // 14 bits: place on the host
  Epoch epoch = 0;           // 24 bits; 0: claimed by nobody yet
  Attempt attempt = 0;       // 24 bits

  [[nodiscard]] std::uint64_t packed() const;
  static ClaimWord unpack(std::uint64_t bits);
  bool operator==(const ClaimWord&) const = default;
};

// What a lease is about: written by the agent, constant while the word is not revoked.
struct LeaseFacts {
  std::uint32_t shard = 0;
  std::uint32_t units = 0;
  std::uint64_t first_unit = 0;
  std::uint64_t result_offset = 0;  // Of this attempt's own memory, in the host's segment.
  bool alone = false;
};

struct Claim {
  std::uint32_t entry = 0;
  Attempt attempt = 0;
  LeaseFacts facts;
};

class ClaimTable {
 public:
  static constexpr std::uint32_t kMaxWorkers = 1U << 14U;  // Places on one host

  static std::size_t bytes_for(std::uint32_t capacity);
  // Agent: makes an empty table in zeroed memory, aligned to 64.
  static ClaimTable format(std::span<std::byte> memory, std::uint32_t capacity);
  // Worker: the table that is there. Nothing when the memory does not hold one of this size.
  static std::optional<ClaimTable> attach(std::span<std::byte> memory);

  [[nodiscard]] std::uint32_t capacity() const;
  // Entries published so far.
  [[nodiscard]] std::uint32_t size() const;

  // Agent. Makes entry `index` (<= size(), < capacity()) claimable as `attempt`; index == size()
  // publishes one more. The caller keeps rule (1).
  void offer(std::uint32_t index, Attempt attempt, const LeaseFacts& facts);
  // Agent. False when the word was done already or is no longer of that attempt.
  bool revoke(std::uint32_t index, Attempt attempt);
  // Agent, after one or several offer(): tells workers that claim() may answer differently. Without
  // it an entry that was passed by, or is used again, is not found. (The caller wakes them.)
  void count_offers();
  // Agent: no entry below `index` is free, looking again may start there. offer() lowers it.
  void skip_below(std::uint32_t index);
  // Agent: no claim() that starts later succeeds.
  void close();
  [[nodiscard]] bool closed() const;

  // A cursor of one worker process over the passed-by entries; one per worker, guarded by its
  // owner.
  struct Rescan {
    std::uint32_t offers_seen = 0;
    std::uint32_t next = 0;
    std::uint32_t passed = 0;  // Words below the cursor when `offers` changed: looked at first.
    bool exhausted = false;
    bool skipped_alone = false;  // Looking again is worth it once `alone_allowed`.
  };
  // Worker (its place on the host, < kMaxWorkers). `alone_allowed`: whether a lease that wants to
  // run alone may be given now.
  std::optional<Claim> claim(WorkerId worker, Epoch epoch, bool alone_allowed, Rescan& rescan);
  // The two steps that claim() repeats: takes the index of an entry that may be free, and then
  // tries to own it. Apart so that the simulator can kill a worker between them.
  std::optional<std::uint32_t> take_index(bool alone_allowed, Rescan& rescan);
  std::optional<Claim> own(std::uint32_t index, WorkerId worker, Epoch epoch, bool alone_allowed,
                           Rescan& rescan);

  // Worker: claimed -> done. False: it was revoked, and the result does not count. Either way the
  // worker has let go: it writes no more into this attempt's memory.
  bool finish(const Claim& claim, WorkerId worker, Epoch epoch, std::uint64_t took_ns);
  // Worker: gives up without a result (a body threw). The word stays claimed until it is revoked.
  void let_go(const Claim& claim, WorkerId worker, Epoch epoch);

  // Anyone.
  [[nodiscard]] ClaimWord word(std::uint32_t index) const;
  [[nodiscard]] LeaseFacts facts(std::uint32_t index) const;
  [[nodiscard]] std::uint64_t took_ns(std::uint32_t index) const;
  // Agent: whether the worker that the revoked word names let go of it while alive.
  [[nodiscard]] bool was_let_go(std::uint32_t index) const;

 private:
  struct Header;
  struct Entry;
  explicit ClaimTable(Header* header) : header_(header) {}
  [[nodiscard]] Entry& entry(std::uint32_t index) const;
  Header* header_;
};

}  // namespace strata
