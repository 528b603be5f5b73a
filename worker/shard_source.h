// The worker's WorkSource: shards claimed from the host's claim table, results written into the
// memory of each attempt.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>

#include "shared/base/result.h"
#include "shared/host/claim_table.h"
#include "shared/host/pages.h"
#include "shared/host/trial_memory.h"
#include "shared/os/segment.h"
#include "worker/executors/executor.h"

namespace strata {

// Who this process is, and what it shares with its agent.
struct WorkerIdentity {
  std::uint32_t place = 0;  // On its host
  Epoch epoch = 0;
  WorkerPage* page = nullptr;
};

class ShardSource final : public WorkSource {
 public:
  // Tells the agent that a unit threw; called with `shard`, `attempt`, `unit`, message.
  using TellThrew = std::function<void(std::uint32_t, Attempt, std::uint64_t, std::string_view)>;

  // Maps the trial's memory, makes the job and opens it.
  static Result<std::unique_ptr<ShardSource>> open(const WorkerIdentity& self,
                                                   const Command& command, Wait wait,
                                                   TellThrew tell_threw);

  Answer claim(Lease& lease) override;
  void complete(const Lease& lease, const Sums& sums) override;
  void fail(const Lease& lease, std::uint64_t unit, std::string_view message) override;
  void about_to_run(std::uint64_t unit) override;
  EventCount& bell() override { return bell_; }
  [[nodiscard]] const Job& job() const override { return *job_; }
  [[nodiscard]] std::uint64_t seed() const override { return image_.seed; }
  [[nodiscard]] std::uint64_t fair_share() const override { return image_.fair_share; }

 private:
  ShardSource(const WorkerIdentity& self, Wait wait, std::uint64_t offset, Mapping memory,
              JobImage image, ClaimTable table, std::unique_ptr<Job> job, TellThrew tell_threw);
  std::byte* result_of(const LeaseFacts& facts);
  void put_back(const Lease& lease);

  const WorkerIdentity self_;
  const std::uint64_t offset_;  // Of the trial's memory in the segment
  Mapping memory_;
  const JobImage image_;
  ClaimTable table_;
  const std::unique_ptr<Job> job_;
  const TellThrew tell_threw_;
  EventCount bell_;

  std::mutex mutex_;
  ClaimTable::Rescan rescan_;             // GUARDED_BY(mutex_)
  std::uint32_t out_ = 0;                 // Leases claimed and not let go. GUARDED_BY(mutex_)
  bool had_copy_ = false;                 // Of a group: this process takes no other. Likewise
  bool alone_ = false;                    // One of them runs alone. GUARDED_BY(mutex_)
  bool agent_knows_ = true;               // Nothing was finished since the doorbell was rung last
  bool hungry_ = false;                   // The last claim found nothing
  std::map<std::uint64_t, Mapping> far_;  // Results beyond memory_, by page. GUARDED_BY(mutex_)
};

}  // namespace strata
