// Where the results of a trial lie in its segment: a place of its own for every attempt at every
// shard, never shared between two attempts that may both still be running.
#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "shared/base/result.h"
#include "shared/host/lease_book.h"
#include "shared/os/segment.h"

namespace strata {

class ResultMemory {
 public:
  // `offset`: where in the segment the first attempts' results begin; `first` maps them. The
  // segment may be grown at its end for further attempts.
  ResultMemory(Segment& segment, std::uint64_t offset, std::uint64_t slot_bytes);

  // Sets aside the results of first attempts at shards 0 ... n-1, in order.
  void place_first(std::span<const std::uint32_t> shard_units);
  [[nodiscard]] std::uint64_t first_bytes() const { return first_end_ - offset_; }

  // The offset in the segment for this attempt's zeroed result. The first call for (shard, 1) of a
  // placed shard costs nothing; others reuse freed places or grow the segment.
  Result<std::uint64_t> allocate(const LeaseKey& lease, std::uint32_t units);
  // No process writes there any more and nobody will read it.
  void free(std::uint32_t units, std::uint64_t result_offset);
  // The bytes of a result, mapped until this object dies.
  Result<std::byte*> view(std::uint64_t result_offset, std::uint32_t units);

  // Maps the first results; call once, when the segment has been allocated.
  Status map_first();

 private:
  Segment& segment_;
  std::uint64_t offset_;
  std::uint64_t slot_bytes_;
  std::uint64_t first_end_;
  std::vector<std::uint64_t> first_;                            // Offset of each placed shard
  std::map<std::uint64_t, std::vector<std::uint64_t>> unused_;  // By bytes
  Mapping first_mapping_;
  struct Extra {
    std::uint64_t offset = 0;
    std::uint64_t used = 0;
    Mapping mapping;
  };
  std::vector<Extra> extras_;
};

}  // namespace strata
