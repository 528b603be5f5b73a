// What units do while they are measured: one body for each question, the same on every executor and
// in units that are processes.
#pragma once
#include <array>

#include "shared/host/measure_board.h"
#include "shared/unit/latch.h"
#include "shared/unit/semaphore.h"
#include "shared/workloads/workload.h"

namespace strata {

class MeasuredJob final : public Job {
 public:
  explicit MeasuredJob(MeasureBoard& board) : board_(board), all_there_(1) {}

  Result<Plan> plan(const PlanContext& context) override;
  Outcome finish(const Results& results, const std::string& reference) override;
  Co<void> body(Unit& unit) const override;

  // kMemory: the PSS while all units waited.
  [[nodiscard]] std::uint64_t parked_pss_bytes() const { return parked_pss_; }

 private:
  Co<void> take_turns(Unit& unit) const;
  Co<void> wake(Unit& unit) const;
  Co<void> be_woken(Unit& unit) const;
  Co<void> park(Unit& unit) const;
  Co<void> compute(Unit& unit) const;
  Co<void> block(Unit& unit) const;
  Co<void> count_beside(Unit& unit) const;
  Co<void> crash(Unit& unit) const;
  Co<void> let_others(Unit& unit) const;
  Co<void> meet(Unit& unit) const;
  void await_answer(std::uint64_t asked_ns) const;

  MeasureBoard& board_;
  // For units of one process; processes meet on the board's words.
  mutable Latch all_there_;
  mutable std::array<Semaphore, 2> go_{Semaphore(0), Semaphore(0)};  // Of units 1 and 2
  mutable Semaphore back_{0};
  mutable std::uint64_t parked_pss_ = 0;  // Written by one unit.
};

}  // namespace strata
