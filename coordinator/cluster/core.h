// The logic of a cluster running one job, without I/O, clock or randomness of its own: events in,
// actions out. Sockets and pidfds drive it in a real cluster; the simulator drives the same object
// through virtual time.
//
// Execution of a shard is at-least-once, its commit exactly-once: the first completion of any
// attempt commits the shard, later ones are counted as duplicates and discarded.
//
// Messages between core and hosts may be lost, repeated, reordered and delayed. Each is said again
// by one side until the other side's words show that it arrived:
//
//     said         again                              until
//     Offer        by the core, resend_after_ns       a HostReport lists the lease, or its end
//     Fence        by the core, resend_after_ns       WorkerEnded of that epoch
//     Revoke       by the core, with each HostReport  no report lists the lease any more
//     Completed    by the host                        Commit or Discard of the lease
//     UnitThrew    by the host                        Revoke of the lease
//     WorkerEnded  by the host                        Restart of the next epoch
//
// HostUp and WorkerReady are said once: a HostUp must arrive, a Beat says ready too. Beat and
// HostReport are said by the host all the time.
//
// Commit, Discard, Restart, and Revoke after UnitThrew, are answers: the core gives them each time
// it is told. All are harmless when repeated. Where calls cannot be lost (the local host) nobody
// has to say anything twice.
//
// (1) An attempt number is used once, and offered to one host. A host that has seen an attempt of a
//     shard refuses an earlier one (LeaseBook::seen).
// (2) An attempt is out from its Offer until it completes, is revoked, or is lost with its
//     worker or host. Once it is not out it is never out again.
// (3) The host revokes what a dead worker held before it tells WorkerEnded: what is named there
//     cannot complete, what is not named there was done or was not claimed.
// (4) A Completed event means that the result is where the loss of the host cannot take it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "shared/base/ids.h"

namespace strata {

// A contiguous range of units, the unit of lease and retry.
struct ShardRange {
  std::uint64_t first_unit = 0;
  std::uint32_t units = 0;
};

struct ShardAttempt {
  ShardId shard{};
  Attempt attempt = 0;
  auto operator<=>(const ShardAttempt&) const = default;  // NOLINT(modernize-use-nullptr)
};

// How a worker's process ended.
struct End {
  int signal = 0;  // 0: it exited
  int exit_code = 0;
  bool by_strata = false;  // Fenced, or ended because the job was over.
};

namespace event {
// The host can carry work: its agent is there, `credits` shards may be out to it at once.
struct HostUp {
  HostId host{};
  std::uint32_t credits = 0;
};
// For good: nothing that this host says later counts, and its workers are not started again.
struct HostLost {
  HostId host{};
};
struct WorkerReady {
  WorkerId worker{};
  Epoch epoch = 0;
};
struct WorkerEnded {
  WorkerId worker{};
  Epoch epoch = 0;
  End end;
  std::vector<ShardAttempt> held;  // Claimed and not done when it ended.
  std::int64_t last_unit = -1;     // The unit it was about to run, told by alone leases only.
  bool was_ready = false;  // It had become ready, should WorkerReady and every Beat be lost.
};
struct Beat {
  WorkerId worker{};
  Epoch epoch = 0;
};
struct Completion {
  ShardAttempt lease;
  WorkerId worker{};
  Epoch epoch = 0;
  std::uint64_t took_ns = 0;
};
struct Completed {
  HostId host{};
  std::vector<Completion> completions;
};
struct UnitThrew {
  ShardAttempt lease;
  WorkerId worker{};
  Epoch epoch = 0;
  std::uint64_t unit = 0;
  std::string message;
};
// Repeated by hosts, a few times a second: everything of the core's that arrived there and is
// neither done nor revoked, so that the core can send the missing again. `idle_processors` is what
// speculation may use. `since_ns` is a duration: claimed for so long as far as the host knows.
struct HostReport {
  HostId host{};
  struct Running {
    ShardAttempt lease;
    WorkerId worker{};
    std::uint64_t since_ns = 0;
  };
  std::vector<Running> running;       // Claimed now
  std::vector<ShardAttempt> offered;  // Offered here and not yet claimed
  std::uint32_t idle_processors = 0;
};
struct Tick {};
}  // namespace event

using Event =
    std::variant<event::HostUp, event::HostLost, event::WorkerReady, event::WorkerEnded,
                 event::Beat, event::Completed, event::UnitThrew, event::HostReport, event::Tick>;

namespace action {
struct Lease {
  ShardAttempt id;
  ShardRange range;
  bool alone = false;
};
// Put these leases where the host's workers can claim them. Repeats are harmless.
struct Offer {
  HostId host{};
  std::vector<Lease> leases;
};
// Make it fail if it is not done yet. One that is done is told as Completed and gets its Discard.
struct Revoke {
  HostId host{};
  ShardAttempt lease;
};
// This attempt is the shard's result: keep its memory until the job is finished.
struct Commit {
  HostId host{};
  ShardAttempt lease;
  ShardRange range;
};
// It came too late: free its memory.
struct Discard {
  HostId host{};
  ShardAttempt lease;
};
// Kill it and tell of its death.
struct Fence {
  WorkerId worker{};
  Epoch epoch = 0;
};
// Start the next process under this id.
struct Restart {
  WorkerId worker{};
  Epoch epoch = 0;
};
// The job is over: every shard is committed, or `failure` says in one sentence why not. Given once.
struct Finish {
  std::string failure;
};
}  // namespace action

using Action = std::variant<action::Offer, action::Revoke, action::Commit, action::Discard,
                            action::Fence, action::Restart, action::Finish>;

struct CoreConfig {
  std::uint32_t hosts = 1;
  std::uint32_t workers_per_host = 1;
  std::uint32_t processors_per_worker = 1;
  bool speculate = true;
  std::uint64_t suspect_after_ns = 750'000'000;  // Without a beat
  std::uint64_t fence_after_ns = 3'000'000'000;  // Without a beat
  std::uint64_t resend_after_ns = 250'000'000;
  std::uint32_t poison_count = 3;
  std::string unit_noun = "unit";    // Singular, for the failure's sentence.
  std::uint32_t max_culprits = 16;   // So many units that fail end the run at once.
  std::uint32_t max_early_ends = 5;  // So often in a row a worker may end before it is ready.
};

struct CoreCounts {
  std::uint64_t units_expected = 0;
  std::uint64_t units_completed = 0;
  std::uint64_t units_retried = 0;         // Units leased again after a loss or on suspicion
  std::uint64_t duplicates_discarded = 0;  // Units of completions that came too late
  std::uint64_t shards_committed = 0;
};

// A lease that is out, for whoever looks from outside (status, tests).
struct OutLease {
  ShardAttempt lease;
  HostId host{};
  std::optional<WorkerId> holder;  // As the last report said
};

class Core {
 public:
  Core(const CoreConfig& config, const std::vector<ShardRange>& shards);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  // Takes one event at time `now_ns` (monotonic, never decreasing) and appends what is to be done.
  void step(std::uint64_t now_ns, const Event& event, std::vector<Action>& actions);
  // When a Tick is due at the latest, in the clock of step(); UINT64_MAX: never.
  [[nodiscard]] std::uint64_t next_tick_ns() const;

  [[nodiscard]] bool finished() const;
  [[nodiscard]] const CoreCounts& counts() const;
  // Restarts of a worker so far.
  [[nodiscard]] std::uint32_t restarts(WorkerId worker) const;
  [[nodiscard]] std::vector<OutLease> leases_out() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace strata
