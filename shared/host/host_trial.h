// The trial that is open on a host, without its workers: the trial's part of the segment, which
// leases lie in it, and where their results are. The agent owns one from open_trial() to
// release_trial() and moves the workers in and out of it; this class starts nobody and tells
// nobody.
//
// A lease's memory is written by its worker until LeaseBook names the lease as done or gone, so it
// is given to another attempt only after discard(), or when the book says that it is gone.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <vector>

#include "shared/base/result.h"
#include "shared/host/lease_book.h"
#include "shared/host/result_memory.h"
#include "shared/host/trial_memory.h"
#include "shared/os/segment.h"

namespace strata {

struct OfferedLease {
  LeaseKey key;
  std::uint64_t first_unit = 0;
  std::uint32_t units = 0;
  bool alone = false;
};

// A final result, readable until the trial is released.
struct ResultView {
  Sums sums{};
  const std::byte* slots = nullptr;
};

class HostTrial {
 public:
  // Lays the trial out from byte `offset` of the segment, a multiple of kPageBytes. `shard_units`:
  // units of each shard, in order of ShardId from 0. The input of the image is copied. Error: no
  // memory for it.
  static Result<std::unique_ptr<HostTrial>> lay_out(Segment& segment, std::uint64_t offset,
                                                    JobImage image,
                                                    std::span<const std::uint32_t> shard_units);
  // Gives the memory back. No worker has it mapped any more.
  ~HostTrial();
  HostTrial(const HostTrial&) = delete;
  HostTrial& operator=(const HostTrial&) = delete;

  // What a worker maps when it opens the trial.
  [[nodiscard]] std::uint64_t offset() const { return offset_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

  // Puts leases where workers can claim them; whoever calls it wakes the workers. Known ones change
  // nothing. Error: no memory for a further attempt's result, or no room in the table.
  Status offer(std::span<const OfferedLease> leases);
  void revoke(const LeaseKey& lease) { book_.revoke(lease); }
  // Nothing more can be claimed: workers that look for leases leave.
  void close() { table_.close(); }

  // Done leases that no earlier call has returned; each waits for its commit() or discard().
  std::vector<DoneLease> collect();
  ResultView commit(const LeaseKey& lease);
  void discard(const LeaseKey& lease);

  // A unit of the lease threw: it will leave the table without a result that could come late.
  void note_thrown(const LeaseKey& lease) { thrown_.insert(lease); }
  // What the dead worker had claimed and not done; call collect() after it.
  std::vector<HeldLease> release_dead(std::uint32_t place, Epoch epoch) {
    return book_.release_dead(place, epoch);
  }
  // Units whose result came after another attempt's was committed, and which the claim table
  // refused.
  [[nodiscard]] std::uint64_t late_units();

  [[nodiscard]] const LeaseBook& book() const { return book_; }

 private:
  HostTrial(Segment& segment, std::uint64_t offset, std::uint64_t bytes, Mapping memory,
            ClaimTable table, std::unique_ptr<ResultMemory> results);
  void free_gone();

  Segment& segment_;
  const std::uint64_t offset_;
  const std::uint64_t bytes_;
  Mapping memory_;  // Image and table
  ClaimTable table_;
  LeaseBook book_;
  std::unique_ptr<ResultMemory> results_;
  std::map<LeaseKey, LeaseFacts> done_;  // Collected, not yet committed or discarded
  std::set<LeaseKey> thrown_;
  std::uint64_t late_units_ = 0;
};

}  // namespace strata
