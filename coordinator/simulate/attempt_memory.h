// The memory of a host's attempts, as a model: every cell knows whose it is and who wrote it, so
// that a write which real memory would take in silence is a violation here.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "coordinator/simulate/judge.h"
#include "shared/base/ids.h"
#include "shared/host/lease_book.h"

namespace strata {

// What the body makes of a unit.
constexpr std::uint64_t value_of_unit(std::uint64_t unit) { return unit * 0x9e37'79b9 + 7; }

class AttemptMemory {
 public:
  explicit AttemptMemory(Judge& judge) : judge_(judge) {}

  // An offset for results of `units` units, owned by this attempt until it is freed.
  std::uint64_t allocate(const LeaseKey& key, std::uint32_t units);
  void free(std::uint64_t offset, const LeaseKey& key);
  // A worker writes the result of one unit of a lease that it claimed.
  void write(std::uint64_t offset, const LeaseKey& claimed, std::uint32_t worker, Epoch epoch,
             std::uint32_t place, std::uint64_t value);
  // The agent has heard Commit: nothing may be written here any more.
  void commit(std::uint64_t offset, const LeaseKey& key);
  // Whether the attempt has its whole result there, all of it written by this worker and epoch.
  [[nodiscard]] bool complete(std::uint64_t offset, const LeaseKey& key, std::uint32_t worker,
                              Epoch epoch, std::uint64_t first_unit) const;
  [[nodiscard]] std::size_t in_use() const;

 private:
  struct Cell {
    std::uint64_t value = 0;
    std::uint32_t worker = 0;
    Epoch epoch = 0;  // 0: not written
  };
  struct Block {
    LeaseKey owner;
    bool used = false;
    bool committed = false;
    std::vector<Cell> cells;
  };

  Judge& judge_;
  std::vector<Block> blocks_;  // The offset is the place in here.
  std::vector<std::uint64_t> free_;
};

std::string text(const LeaseKey& key);

}  // namespace strata
