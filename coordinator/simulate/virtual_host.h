// The agent of a simulated host and its workers: the host's half of the protocol in core.h, over
// the real ClaimTable and LeaseBook.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "coordinator/simulate/attempt_memory.h"
#include "coordinator/simulate/virtual_worker.h"
#include "shared/host/lease_book.h"

namespace strata {

class VirtualHost final : public WorkerObserver {
 public:
  // `tell`: sends an event towards the core.
  VirtualHost(const World& world, std::uint32_t host, std::function<void(Event)> tell);

  void start();
  void receive(const Action& action);  // A message of the core has arrived.
  void kill_worker(std::uint32_t place);
  void pause_worker(std::uint32_t place, std::uint64_t for_ns);
  void lose();  // Every process of it ends at once, the agent's too.

  // A completion that the core has just heard of: is the result what that worker wrote?
  [[nodiscard]] bool has_result(const event::Completion& completion) const;
  // Every block of memory is a lease's of the book or a committed one's, or else it leaked.
  void check_memory();

 private:
  void worker_ready(std::uint32_t place, Epoch epoch) override;
  void worker_beat(std::uint32_t place, Epoch epoch) override;
  void worker_rang(std::uint32_t place) override;
  void unit_threw(std::uint32_t place, Epoch epoch, const LeaseKey& lease,
                  std::uint64_t unit) override;
  void worker_ended(std::uint32_t place, Epoch epoch, const End& end, std::int64_t last_unit,
                    bool was_ready) override;

  void offer(const action::Offer& offer);
  void revoke(const LeaseKey& key);
  void commit(const LeaseKey& key);
  void discard(const LeaseKey& key);
  void restart(const action::Restart& restart);
  void fence(const action::Fence& fence);

  void bury(std::uint32_t place, Epoch epoch, event::WorkerEnded ended);
  void poll();       // Done and gone leases
  void say_again();  // The report, and all that has no answer yet
  [[nodiscard]] WorkerId id_of(std::uint32_t place) const;
  [[nodiscard]] event::Completion completion_of(const DoneLease& done) const;

  struct Line {
    alignas(64) std::byte bytes[64];
  };

  World world_;
  std::uint32_t host_;
  std::function<void(Event)> tell_;
  std::vector<Line> table_memory_;
  ClaimTable table_;
  LeaseBook book_;
  AttemptMemory memory_;
  std::vector<std::unique_ptr<VirtualWorker>> workers_;

  bool lost_ = false;
  bool poll_scheduled_ = false;
  std::map<LeaseKey, DoneLease> unanswered_;  // Completed, without Commit or Discard yet
  std::map<LeaseKey, DoneLease> committed_;
  std::map<LeaseKey, event::UnitThrew> threw_;         // Without Revoke yet
  std::map<std::uint32_t, event::WorkerEnded> ended_;  // By place, without Restart yet
};

}  // namespace strata
