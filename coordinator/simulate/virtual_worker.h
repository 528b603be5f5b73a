// A worker process in virtual time. It steps the real ClaimTable, one step an event: taking an
// index, owning the word, each unit, finishing. So a kill or a pause falls between any two of them.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "coordinator/simulate/attempt_memory.h"
#include "coordinator/simulate/event_queue.h"
#include "coordinator/simulate/fault_plan.h"
#include "coordinator/simulate/judge.h"
#include "coordinator/simulate/random.h"
#include "shared/host/claim_table.h"

namespace strata {

// What the agent of its host gets to know of it.
class WorkerObserver {
 public:
  virtual ~WorkerObserver() = default;
  virtual void worker_ready(std::uint32_t place, Epoch epoch) = 0;
  virtual void worker_beat(std::uint32_t place, Epoch epoch) = 0;
  virtual void worker_rang(std::uint32_t place) = 0;  // A lease is done or let go.
  virtual void unit_threw(std::uint32_t place, Epoch epoch, const LeaseKey& lease,
                          std::uint64_t unit) = 0;
  virtual void worker_ended(std::uint32_t place, Epoch epoch, const End& end,
                            std::int64_t last_unit, bool was_ready) = 0;
};

// What all workers of a simulation share.
struct World {
  // Faults between two steps that are still to come, over all workers.
  struct StepFaults {
    std::uint32_t kills = 0;
    std::uint32_t pauses = 0;
  };
  EventQueue& queue;
  Random& random;
  Judge& judge;
  const FaultPlan& plan;
  StepFaults& step_faults;
};

class VirtualWorker {
 public:
  VirtualWorker(const World& world, std::uint32_t place, ClaimTable table, AttemptMemory& memory,
                WorkerObserver& observer);

  void start(Epoch epoch);
  void kill(const End& end);
  void pause(std::uint64_t for_ns);
  void ring();  // claim() may answer differently.

  [[nodiscard]] bool alive() const { return alive_; }
  [[nodiscard]] Epoch epoch() const { return epoch_; }
  [[nodiscard]] std::uint32_t idle_carriers() const;

 private:
  struct Carrier {
    enum class Phase : std::uint8_t { kIdle, kTaken, kRunning };
    Phase phase = Phase::kIdle;
    bool scheduled = false;
    bool may_be_alone = false;  // What it asked for when it took the index
    std::uint32_t index = 0;
    std::optional<Claim> claim;
    std::uint32_t units_written = 0;
    bool in_unit = false;
    std::uint64_t started_ns = 0;
  };

  void become_ready();
  void beat();
  void schedule(std::size_t carrier, std::uint64_t delay_ns);
  void step(std::size_t carrier);
  bool is_hit(std::size_t carrier);  // By a fault between two steps
  void look(std::size_t i);
  void own(std::size_t i);
  void run(std::size_t i);
  void finish(std::size_t i);
  // False: the unit ended the worker, or the lease.
  bool survives(std::size_t i, std::uint64_t unit);

  World world_;
  std::uint32_t place_;
  ClaimTable table_;
  AttemptMemory& memory_;
  WorkerObserver& observer_;

  bool alive_ = false;
  bool ready_ = false;
  Epoch epoch_ = 0;
  std::uint64_t life_ = 0;  // What was scheduled in an earlier life does not happen.
  std::uint64_t paused_until_ns_ = 0;
  std::int64_t last_unit_ = -1;
  std::vector<Carrier> carriers_;
  std::vector<std::size_t> stopped_;  // Carriers whose step came while it was paused
  ClaimTable::Rescan rescan_;
};

}  // namespace strata
