// What the core knows: shards with their attempts, hosts with their credits, workers with their
// epochs. Each group of rules about it is a file: core_leases.cpp (who gets what, what commits),
// core_workers.cpp (who is alive), core_blame.cpp (whose fault an end is).
//
// Every container is walked in the order of ids or of arrival, so the same events give the same
// actions.
#pragma once
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/cluster/core.h"

namespace strata {

inline constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

// One attempt of a shard that the core may still hear of. Lost ones are forgotten: rules (2), (3).
struct AttemptRecord {
  enum class State : std::uint8_t {
    kOut,      // Offered; counts against the host's credits
    kRevoked,  // Not wanted any more; it may have completed before it heard
    kDone      // Completed: committed, or counted as duplicate once
  };
  Attempt number = 0;
  HostId host{};
  State state = State::kOut;
  bool arrived = false;  // A report has listed it.
  bool alone = false;
  std::optional<WorkerId> holder;
  std::uint64_t running_since_ns = 0;  // First heard to be claimed; 0: not yet
};

struct ShardState {
  enum class State : std::uint8_t {
    kOpen,
    kCommitted,
    kClosed  // One of its units failed the run; the others are in shards of their own.
  };
  ShardRange range;
  State state = State::kOpen;
  bool queued = true;        // In one of the two queues
  bool lost_before = false;  // The next lease is a retry.
  bool alone = false;        // The next lease runs alone.
  Attempt next_attempt = 1;
  Attempt committed_attempt = 0;

  // Blame. See core_blame.cpp.
  std::uint32_t counts = 0;
  std::uint32_t uncounted_losses = 0;
  std::uint32_t ends_alone = 0;
  std::int64_t last_blamed_unit = -1;

  std::vector<AttemptRecord> attempts;
};

struct HostState {
  bool up = false;
  bool lost = false;
  bool silent = false;  // Not heard of for suspect_after_ns: nothing new goes there.
  std::uint32_t credits = 0;
  std::uint32_t out = 0;  // Attempts in state kOut
  std::uint64_t heard_ns = 0;
};

struct WorkerRecord {
  Epoch epoch = 1;
  bool ready = false;
  bool suspect = false;
  bool fenced = false;
  std::uint64_t heard_ns = 0;  // Its last beat, or when it was to start
  std::uint64_t fence_sent_ns = 0;
  std::uint32_t early_ends = 0;      // In a row, before it was ready
  std::uint64_t committed_then = 0;  // Shards of the run at the last of them
  std::uint32_t idle_ends = 0;  // By its own fault while it held nothing, since it completed any
};

struct Core::State {
  State(const CoreConfig& core_config, const std::vector<ShardRange>& ranges);

  // Leases.
  void host_up(const event::HostUp& e);
  void completed(const event::Completed& e);
  void host_report(const event::HostReport& e);
  void assign();  // Gives queued shards to hosts with credit.
  void give(ShardId id, HostId host, std::size_t first_action);  // Offers its next attempt.
  void speculate(const event::HostReport& e);
  void release(ShardId id);  // One attempt less is out: lease it again if nobody works on it.
  void drop(ShardId id, Attempt number);  // Forgets an attempt that is lost.
  void enqueue(ShardId id, bool first);
  void revoke_others(ShardId id, Attempt except);
  void resend_offers();
  [[nodiscard]] bool is_worked_on(const ShardState& shard) const;

  // Workers and hosts.
  void host_lost(const event::HostLost& e);
  void worker_ready(WorkerId id, Epoch epoch);
  void worker_ended(const event::WorkerEnded& e);
  void tick();
  void heard(HostId id);
  void copy_where_endangered();  // Queues every shard that nobody in good health works on.

  // Blame.
  void blame(ShardId id, const AttemptRecord& lost, const event::WorkerEnded& e);
  void unit_threw(const event::UnitThrew& e);
  void close_shard(ShardId id, std::uint64_t culprit, std::string sentence);
  void finish_if_over();
  void finish(std::string sentence);

  // Lookups. Null where an event names what does not exist.
  [[nodiscard]] ShardState* find(ShardId shard);
  [[nodiscard]] WorkerRecord* find(WorkerId worker);
  [[nodiscard]] HostState* find(HostId host);  // Also null when it is lost.
  static AttemptRecord* find(ShardState& shard, Attempt attempt);
  [[nodiscard]] HostId host_of(WorkerId worker) const;
  void tick_by(std::uint64_t deadline_ns);

  CoreConfig config;
  std::uint64_t now_ns = 0;
  std::vector<Action>* actions = nullptr;  // Of the step that runs

  std::vector<ShardState> shards;
  std::vector<HostState> hosts;
  std::vector<WorkerRecord> workers;
  std::deque<ShardId> urgent;  // Retries and copies
  std::deque<ShardId> fresh;
  std::uint64_t open_shards = 0;

  struct Unarrived {
    ShardAttempt lease;
    std::uint64_t sent_ns = 0;
  };
  std::deque<Unarrived> unarrived;  // In the order of sent_ns; entries that arrived are skipped.

  // The last durations of completions, for the median that speculation compares with.
  static constexpr std::size_t kDurations = 255;
  std::vector<std::uint64_t> durations;
  std::size_t next_duration = 0;

  std::uint64_t next_tick_ns = kNever;
  CoreCounts counts;
  std::string failure;         // The first unit's
  std::uint32_t culprits = 0;  // Units that failed
  bool finished = false;
};

// "SIGSEGV" or "exit status 3": how an end is named in sentences.
std::string name_of(const End& end);
// A crash or an unexpected exit: not a kill from outside, not strata's own doing.
bool is_own_fault(const End& end);

}  // namespace strata
