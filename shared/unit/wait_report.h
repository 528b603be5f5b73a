// Who waits for what, in words: the description of a deadlock.
#pragma once
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "shared/unit/waiter.h"

namespace strata {

class WaitReport {
 public:
  void add(const Waiter& waiter) { waits_[waiter.what()].insert(waiter.unit()); }
  [[nodiscard]] bool empty() const { return waits_.empty(); }
  // "deadlock: all units that are left wait, and nobody can wake them: units 0 and 2 wait for a
  // mutex; unit 1 waits for a latch"
  [[nodiscard]] std::string deadlock() const;

 private:
  std::map<std::string_view, std::set<std::uint64_t>> waits_;
};

}  // namespace strata
