// A trial's part of the segment: what the job is, the claim table, and memory for results.
//
//     JobImage | ClaimTable | one result a shard (first attempts) | results of further attempts ...
//
// A result is kSums numbers, then the slots of its units. The result of a further attempt may lie
// beyond the part that workers map when they open the trial; they map it when they claim it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "shared/base/result.h"
#include "shared/unit/unit.h"

namespace strata {

// What a worker needs to make the job and to find the rest of the trial's memory.
struct JobImage {
  std::string workload;
  std::vector<std::pair<std::string, std::string>> parameters;
  std::uint64_t seed = 1;
  double operations_per_us = 0;
  std::uint64_t slot_bytes = 0;
  bool group = false;  // Each worker runs one shard, whose units wait for each other.
  std::uint64_t fair_share = UINT64_MAX;  // ceil(units / workers) of the trial
  std::uint64_t table_offset = 0;         // Within the trial's memory
  std::uint64_t table_bytes = 0;
  std::span<const std::byte> input;  // Plan::input; read in place
};

std::uint64_t image_bytes(const JobImage& image);
// `memory` holds at least image_bytes().
void write_image(const JobImage& image, std::span<std::byte> memory);
// Every length is checked against `memory`; image.input points into it.
Result<JobImage> read_image(std::span<const std::byte> memory);

// Bytes of one result, a multiple of 64 so that neighbours share no cache line.
constexpr std::uint64_t result_bytes(std::uint32_t units, std::uint64_t slot_bytes) {
  return (sizeof(Sums) + units * slot_bytes + 63) / 64 * 64;
}

}  // namespace strata
