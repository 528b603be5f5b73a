#include "coordinator/simulate/attempt_memory.h"

#include <algorithm>

namespace strata {

std::string text(const LeaseKey& key) {
  return std::to_string(value_of(key.shard)) + "/" + std::to_string(key.attempt);
}

std::uint64_t AttemptMemory::allocate(const LeaseKey& key, std::uint32_t units) {
  std::uint64_t offset = blocks_.size();
  if (free_.empty()) {
    blocks_.emplace_back();
  } else {
    // The one freed last: whoever still writes there is seen soonest.
    offset = free_.back();
    free_.pop_back();
  }
  blocks_[offset] = {key, true, false, std::vector<Cell>(units)};
  return offset;
}

void AttemptMemory::free(std::uint64_t offset, const LeaseKey& key) {
  Block& block = blocks_.at(offset);
  if (!block.used || block.owner != key) {
    judge_.violated("memory of " + text(key) + " is freed, but belongs to " + text(block.owner));
    return;
  }
  if (block.committed) {
    judge_.violated("committed memory of " + text(key) + " is freed");
  }
  block.used = false;
  free_.push_back(offset);
}

void AttemptMemory::write(std::uint64_t offset, const LeaseKey& claimed, std::uint32_t worker,
                          Epoch epoch, std::uint32_t place, std::uint64_t value) {
  Block& block = blocks_.at(offset);
  const std::string who = "worker " + std::to_string(worker) + " epoch " + std::to_string(epoch) +
                          " writes for " + text(claimed);
  if (!block.used || block.owner != claimed) {
    judge_.violated(who + " into memory of " + text(block.owner));
    return;
  }
  if (block.committed) {
    judge_.violated(who + " into committed memory");
  }
  Cell& cell = block.cells.at(place);
  if (cell.epoch != 0) {
    judge_.violated(who + " over a result that worker " + std::to_string(cell.worker) + " wrote");
  }
  cell = {value, worker, epoch};
}

void AttemptMemory::commit(std::uint64_t offset, const LeaseKey& key) {
  Block& block = blocks_.at(offset);
  if (!block.used || block.owner != key) {
    judge_.violated("commit of " + text(key) + ", whose memory is not its own");
  }
  block.committed = true;
}

bool AttemptMemory::complete(std::uint64_t offset, const LeaseKey& key, std::uint32_t worker,
                             Epoch epoch, std::uint64_t first_unit) const {
  const Block& block = blocks_.at(offset);
  std::uint64_t unit = first_unit;
  return block.used && block.owner == key &&
         std::ranges::all_of(block.cells, [&](const Cell& cell) {
           return cell.worker == worker && cell.epoch == epoch &&
                  cell.value == value_of_unit(unit++);
         });
}

std::size_t AttemptMemory::in_use() const { return blocks_.size() - free_.size(); }

}  // namespace strata
