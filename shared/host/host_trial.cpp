#include "shared/host/host_trial.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "shared/base/check.h"

namespace strata {
namespace {

// Room in the claim table for further attempts and for the parts of split shards.
constexpr std::uint32_t kSpareEntries = 1024;

}  // namespace

HostTrial::HostTrial(Segment& segment, std::uint64_t offset, std::uint64_t bytes, Mapping memory,
                     ClaimTable table, std::unique_ptr<ResultMemory> results)
    : segment_(segment),
      offset_(offset),
      bytes_(bytes),
      memory_(std::move(memory)),
      table_(table),
      book_(table),
      results_(std::move(results)) {}

Result<std::unique_ptr<HostTrial>> HostTrial::lay_out(Segment& segment, std::uint64_t offset,
                                                      JobImage image,
                                                      std::span<const std::uint32_t> shard_units) {
  const auto shards = static_cast<std::uint32_t>(shard_units.size());
  const std::uint32_t capacity = shards + shards / 4 + kSpareEntries;
  image.table_bytes = ClaimTable::bytes_for(capacity);
  image.table_offset = (image_bytes(image) + 63) / 64 * 64;
  const std::uint64_t results_at = round_to_page(image.table_offset + image.table_bytes);
  auto results = std::make_unique<ResultMemory>(segment, offset + results_at, image.slot_bytes);
  results->place_first(shard_units);
  const std::uint64_t bytes =
      round_to_page(results_at + std::max<std::uint64_t>(results->first_bytes(), 1));
  const std::uint64_t end = offset + bytes;
  if (segment.size() > offset) {
    // Given back by the trial before.
    if (auto filled = segment.refill(offset, std::min(end, segment.size()) - offset); !filled) {
      return filled.error();
    }
  }
  if (auto grown = segment.grow(end); !grown) {
    return grown.error();
  }
  auto memory = segment.map(offset, results_at);
  if (!memory) {
    return memory.error();
  }
  if (auto mapped = results->map_first(); !mapped) {
    return mapped.error();
  }
  write_image(image, memory->bytes());
  const ClaimTable table =
      ClaimTable::format(memory->bytes().subspan(image.table_offset, image.table_bytes), capacity);
  return std::unique_ptr<HostTrial>(
      new HostTrial(segment, offset, bytes, std::move(*memory), table, std::move(results)));
}

HostTrial::~HostTrial() {
  if (segment_.size() > offset_) {
    // What cannot be given back now is given back with the segment.
    (void)segment_.release(offset_, segment_.size() - offset_);
  }
}

Status HostTrial::offer(std::span<const OfferedLease> leases) {
  free_gone();
  for (const OfferedLease& lease : leases) {
    if (book_.seen(lease.key)) {
      continue;
    }
    auto place = results_->allocate(lease.key, lease.units);
    if (!place) {
      return place.error();
    }
    if (!book_.offer(lease.key, {.shard = value_of(lease.key.shard),
                                 .units = lease.units,
                                 .first_unit = lease.first_unit,
                                 .result_offset = *place,
                                 .alone = lease.alone})) {
      return Error{Exit::kFailed,
                   "too many shards were lost and leased again; something keeps "
                   "killing the workers"};
    }
  }
  table_.count_offers();
  return Ok{};
}

std::vector<DoneLease> HostTrial::collect() {
  std::vector<DoneLease> done = book_.collect_done();
  for (const DoneLease& lease : done) {
    done_.emplace(lease.key, lease.facts);
  }
  return done;
}

ResultView HostTrial::commit(const LeaseKey& lease) {
  const auto found = done_.find(lease);
  STRATA_CHECK(found != done_.end(), value_of(lease.shard), lease.attempt);
  ResultView result;
  if (auto memory = results_->view(found->second.result_offset, found->second.units); memory) {
    std::memcpy(&result.sums, *memory, sizeof result.sums);
    result.slots = *memory + sizeof result.sums;
  }
  done_.erase(found);
  book_.settle(lease);
  return result;
}

void HostTrial::discard(const LeaseKey& lease) {
  const auto found = done_.find(lease);
  if (found != done_.end()) {
    results_->free(found->second.units, found->second.result_offset);
    done_.erase(found);
    book_.settle(lease);
  }
}

void HostTrial::free_gone() {
  for (const GoneLease& gone : book_.collect_gone()) {
    results_->free(gone.facts.units, gone.facts.result_offset);
    if (gone.finished_late && !thrown_.contains(gone.key)) {
      late_units_ += gone.facts.units;
    }
  }
}

std::uint64_t HostTrial::late_units() {
  free_gone();
  return late_units_;
}

}  // namespace strata
