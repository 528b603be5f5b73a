// The agent's side of a ClaimTable: which lease lies in which entry, and what became of it. Without
// I/O or clock: the live agent and the simulator's hosts use the same class.
//
// The way of a lease through the book:
//
//     offer -> live -> collect_done -> settle                     its result counted, or came late
//                   -> release_dead                  -> collect_gone    its worker died
//                   -> revoke, nobody had claimed it -> collect_gone
//                   -> revoke, a worker runs it: it still writes into this attempt's memory, until
//                      it lets go or dies            -> collect_gone
//
// An entry is used again after settle() or once collect_gone() could name it, and only when no
// entry is left that never was used: so the table stays within its capacity however often workers
// die, and in an ordinary run workers find every lease with the cursor.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "shared/base/ids.h"
#include "shared/host/claim_table.h"

namespace strata {

struct LeaseKey {
  ShardId shard{};
  Attempt attempt = 0;
  auto operator<=>(const LeaseKey&) const = default;  // NOLINT(modernize-use-nullptr)
};

struct DoneLease {
  LeaseKey key;
  std::uint32_t worker = 0;  // Place on the host
  Epoch epoch = 0;
  std::uint64_t took_ns = 0;
  LeaseFacts facts;
};

struct HeldLease {
  LeaseKey key;
  std::uint32_t worker = 0;
  Epoch epoch = 0;
};

// It left the table without a result, and no process writes into its memory any more.
struct GoneLease {
  LeaseKey key;
  LeaseFacts facts;
  // Its worker came to its end all the same, after it was revoked: a result that is too late.
  bool finished_late = false;
};

class LeaseBook {
 public:
  explicit LeaseBook(ClaimTable table);

  // Puts a lease where workers can claim it, after count_offers() of the table. False when the
  // table is full. What is seen() already changes nothing and is true.
  bool offer(const LeaseKey& key, const LeaseFacts& facts);
  [[nodiscard]] bool has(const LeaseKey& key) const;
  // Leases in the book, with revoked ones that a worker still runs and done ones not settled.
  [[nodiscard]] std::size_t size() const { return index_of_.size(); }
  // It is there, or it or a later attempt of its shard was: the offer is a late or repeated
  // message.
  [[nodiscard]] bool seen(const LeaseKey& key) const;

  // Done words that no earlier call has returned. They stay has() until settled.
  std::vector<DoneLease> collect_done();
  // The done lease is committed or discarded: forget it.
  void settle(const LeaseKey& key);

  // Claimed now, over all workers / by one that has just died (this epoch or an earlier one): those
  // entries are revoked and may be used again. Call collect_done() after it: what the worker had
  // finished before it died is done.
  [[nodiscard]] std::vector<HeldLease> held() const;
  std::vector<HeldLease> release_dead(std::uint32_t worker, Epoch epoch);
  // Offered and not claimed.
  [[nodiscard]] std::vector<LeaseKey> unclaimed() const;
  // Makes it fail. One that is done already stays for collect_done(); an unknown one is nothing.
  void revoke(const LeaseKey& key);
  // Leases whose memory may be used for something else, that no earlier call has returned.
  std::vector<GoneLease> collect_gone();

 private:
  enum class Place : std::uint8_t { kUnused, kLive, kDone, kLeaving };
  struct Slot {
    LeaseKey key;
    Place place = Place::kUnused;
  };

  [[nodiscard]] std::optional<std::uint32_t> find(const LeaseKey& key) const;
  void leave(std::uint32_t index);

  ClaimTable table_;
  std::vector<Slot> slots_;             // One an entry
  std::vector<std::uint32_t> live_;     // Exactly the entries in place kLive
  std::vector<std::uint32_t> leaving_;  // In place kLeaving: revoked under a running worker
  std::vector<std::uint32_t> unused_;   // May be offered again
  std::vector<GoneLease> gone_;
  std::unordered_map<std::uint64_t, std::uint32_t> index_of_;   // Key to entry; never iterated
  std::unordered_map<std::uint32_t, Attempt> highest_attempt_;  // Of each shard; never iterated
};

}  // namespace strata
