// The agent's side of a ClaimTable: which lease lies in which entry, and what became of it. Without
// I/O or clock: the live agent and the simulator's hosts use the same class.
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
  auto operator<=>(const LeaseKey&) const = default;
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

class LeaseBook {
 public:
  explicit LeaseBook(ClaimTable table);

  // Puts a lease where workers can claim it. False when the table is full. Repeats of a key that
  // is there already change nothing.
  bool offer(const LeaseKey& key, const LeaseFacts& facts);
  [[nodiscard]] bool has(const LeaseKey& key) const;
  // Done words that no earlier call has returned.
  std::vector<DoneLease> collect_done();
  // Claimed now, over all workers / by one that has just died: those entries are revoked and may be
  // used again.
  [[nodiscard]] std::vector<HeldLease> held() const;
  std::vector<HeldLease> release_dead(std::uint32_t worker, Epoch epoch);
  // Offered and not claimed.
  [[nodiscard]] std::vector<LeaseKey> unclaimed() const;
  void revoke(const LeaseKey& key);

 private:
  ClaimTable table_;
  // H3 fills in.
};

}  // namespace strata
