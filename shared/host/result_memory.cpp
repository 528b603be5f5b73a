#include "shared/host/result_memory.h"

#include <algorithm>
#include <cstring>

#include "shared/base/check.h"
#include "shared/host/trial_memory.h"

namespace strata {
namespace {
// Further attempts are few; a block serves many small ones.
constexpr std::uint64_t kBlockBytes = 256 * 1024;
}  // namespace

ResultMemory::ResultMemory(Segment& segment, std::uint64_t offset, std::uint64_t slot_bytes)
    : segment_(segment), offset_(offset), slot_bytes_(slot_bytes), first_end_(offset) {}

void ResultMemory::place_first(std::span<const std::uint32_t> shard_units) {
  first_.reserve(shard_units.size());
  for (const std::uint32_t units : shard_units) {
    first_.push_back(first_end_);
    first_end_ += result_bytes(units, slot_bytes_);
  }
}

Status ResultMemory::map_first() {
  const std::uint64_t bytes = round_to_page(std::max<std::uint64_t>(first_bytes(), 1));
  auto mapping = segment_.map(offset_, bytes);
  if (!mapping) {
    return mapping.error();
  }
  first_mapping_ = std::move(*mapping);
  return Ok{};
}

Result<std::uint64_t> ResultMemory::allocate(const LeaseKey& lease, std::uint32_t units) {
  if (lease.attempt == 1 && value_of(lease.shard) < first_.size()) {
    return first_[value_of(lease.shard)];
  }
  const std::uint64_t bytes = result_bytes(units, slot_bytes_);
  if (auto& places = unused_[bytes]; !places.empty()) {
    const std::uint64_t place = places.back();
    places.pop_back();
    if (auto memory = view(place, units); memory) {
      std::memset(*memory, 0, bytes);
    }
    return place;
  }
  if (extras_.empty() || extras_.back().used + bytes > extras_.back().mapping.size()) {
    const std::uint64_t at = segment_.size();
    const std::uint64_t block = round_to_page(std::max(kBlockBytes, bytes));
    if (auto grown = segment_.grow(at + block); !grown) {
      return grown.error();
    }
    auto mapping = segment_.map(at, block);
    if (!mapping) {
      return mapping.error();
    }
    extras_.push_back({.offset = at, .used = 0, .mapping = std::move(*mapping)});
  }
  Extra& extra = extras_.back();
  const std::uint64_t place = extra.offset + extra.used;
  extra.used += bytes;
  return place;
}

void ResultMemory::free(std::uint32_t units, std::uint64_t result_offset) {
  unused_[result_bytes(units, slot_bytes_)].push_back(result_offset);
}

Result<std::byte*> ResultMemory::view(std::uint64_t result_offset, std::uint32_t units) {
  const std::uint64_t bytes = result_bytes(units, slot_bytes_);
  if (result_offset >= offset_ && result_offset + bytes <= first_end_) {
    return first_mapping_.data() + (result_offset - offset_);
  }
  for (const Extra& extra : extras_) {
    if (result_offset >= extra.offset && result_offset + bytes <= extra.offset + extra.used) {
      return extra.mapping.data() + (result_offset - extra.offset);
    }
  }
  return Error{Exit::kFailed, "a result lies outside the trial's memory"};
}

}  // namespace strata
