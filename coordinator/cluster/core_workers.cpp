// Who is alive: beats, suspicion, fencing, ends and restarts.
//
// A worker that does not beat is first suspected: others get copies of what it holds, and whoever
// is done first commits. That costs little and can be taken back. Only a long silence is taken for
// death, and then made true: Fence is said until WorkerEnded is heard, since a lease is only lost
// when nobody can complete it any more.
//
// A host of which nothing is heard is treated like a suspect as a whole, without fencing: there is
// nobody to do it. Its driver says HostLost when it gives up.
#include <algorithm>

#include "coordinator/cluster/core_state.h"

namespace strata {
namespace {

// A worker that has not beaten yet may be loading libraries from a slow disk.
constexpr std::uint64_t kStartPatience = 10;
// So often in a row a worker may end by its own fault while it holds nothing.
constexpr std::uint32_t kMaxIdleEnds = 20;

}  // namespace

void Core::State::heard(HostId id) {
  if (HostState* host = find(id)) {
    host->heard_ns = now_ns;
    host->silent = false;
    if (host->up) {
      tick_by(now_ns + config.suspect_after_ns);
    }
  }
}

void Core::State::worker_ready(WorkerId id, Epoch epoch) {
  WorkerRecord* worker = find(id);
  if (worker == nullptr || find(host_of(id)) == nullptr) {
    return;
  }
  heard(host_of(id));
  if (epoch < worker->epoch) {
    return;  // Of a process that has ended.
  }
  // Higher: processes of this worker ended before there was a core to tell.
  worker->epoch = epoch;
  worker->ready = true;
  worker->heard_ns = now_ns;
  worker->early_ends = 0;
  worker->suspect = worker->fenced;  // A fence cannot be taken back: it may have arrived.
  tick_by(now_ns + config.suspect_after_ns);
}

void Core::State::worker_ended(const event::WorkerEnded& e) {
  WorkerRecord* worker = find(e.worker);
  if (worker == nullptr || find(host_of(e.worker)) == nullptr) {
    return;
  }
  heard(host_of(e.worker));
  if (e.epoch + 1 == worker->epoch && !worker->ready) {
    actions->emplace_back(action::Restart{e.worker, worker->epoch});  // The first was lost.
    return;
  }
  if (e.epoch != worker->epoch) {
    return;
  }
  const bool own_fault = is_own_fault(e.end);
  const bool was_ready = worker->ready || e.was_ready || !e.held.empty();
  if (was_ready) {
    worker->early_ends = 0;
  } else if (!e.end.by_strata) {
    if (!own_fault && worker->committed_then != counts.shards_committed) {
      worker->early_ends = 0;  // Somebody kills workers, and the run goes on all the same.
    }
    ++worker->early_ends;
    worker->committed_then = counts.shards_committed;
  }
  worker->idle_ends += own_fault && e.held.empty() ? 1U : 0U;
  const std::uint32_t early_ends = worker->early_ends;
  const std::uint32_t idle_ends = worker->idle_ends;
  *worker = {};
  worker->epoch = e.epoch + 1;
  worker->heard_ns = now_ns;
  worker->early_ends = early_ends;
  worker->committed_then = counts.shards_committed;
  worker->idle_ends = idle_ends;

  for (const ShardAttempt& lease : e.held) {
    ShardState* shard = find(lease.shard);
    const AttemptRecord* attempt = shard == nullptr ? nullptr : find(*shard, lease.attempt);
    if (attempt == nullptr || attempt->state == AttemptRecord::State::kDone) {
      continue;
    }
    const AttemptRecord lost = *attempt;
    drop(lease.shard, lease.attempt);
    if (shard->state == ShardState::State::kOpen) {
      blame(lease.shard, lost, e);  // May close it and append others: `shard` is stale now.
      release(lease.shard);
    }
  }
  const std::string who = "worker " + std::to_string(value_of(e.worker)) + " ended ";
  if (early_ends >= config.max_early_ends) {
    finish(who + std::to_string(early_ends) +
           " times in a row before it was ready, the last time with " + name_of(e.end));
  } else if (idle_ends >= kMaxIdleEnds) {
    finish(who + std::to_string(idle_ends) +
           " times in a row while it ran nothing, the last time with " + name_of(e.end));
  }
  if (!finished) {
    actions->emplace_back(action::Restart{e.worker, e.epoch + 1});
  }
}

void Core::State::host_lost(const event::HostLost& e) {
  HostState* host = find(e.host);
  if (host == nullptr) {
    return;
  }
  host->lost = true;
  for (std::uint32_t i = 0; i < shards.size(); ++i) {
    const std::size_t before = shards[i].attempts.size();
    std::erase_if(shards[i].attempts, [&](const AttemptRecord& attempt) {
      // What has completed is safe (rule (4) of the core's protocol), and its number still needed.
      return attempt.host == e.host && attempt.state != AttemptRecord::State::kDone;
    });
    if (shards[i].attempts.size() != before) {
      release(ShardId{i});
    }
  }
  host->out = 0;
  if (std::ranges::all_of(hosts, &HostState::lost)) {
    finish("every host was lost with " +
           std::to_string(counts.units_expected - counts.units_completed) + " of " +
           std::to_string(counts.units_expected) + " " + config.unit_noun + "s still to do");
  }
}

void Core::State::copy_where_endangered() {
  for (std::uint32_t i = 0; i < shards.size(); ++i) {
    if (shards[i].state == ShardState::State::kOpen && !shards[i].queued) {
      release(ShardId{i});
    }
  }
}

void Core::State::tick() {
  // The core itself was not run for long (a stopped process, a laptop's lid): the beats of that
  // time are still to be read, so nobody is judged by it.
  const bool overslept =
      next_tick_ns != kNever && now_ns > next_tick_ns + config.suspect_after_ns / 2;
  next_tick_ns = kNever;
  bool endangered = false;
  for (std::uint32_t i = 0; i < workers.size(); ++i) {
    WorkerRecord& worker = workers[i];
    const HostState& host = hosts[value_of(host_of(WorkerId{i}))];
    if (!host.up || host.lost) {
      continue;
    }
    if (overslept) {
      worker.heard_ns = now_ns;
    }
    const std::uint64_t patience = worker.ready ? 1 : kStartPatience;
    const std::uint64_t suspect_at_ns = worker.heard_ns + patience * config.suspect_after_ns;
    const std::uint64_t fence_at_ns = worker.heard_ns + patience * config.fence_after_ns;
    if (!worker.suspect && worker.ready && now_ns >= suspect_at_ns) {
      worker.suspect = endangered = true;
    }
    if (worker.fenced ? now_ns >= worker.fence_sent_ns + config.resend_after_ns
                      : now_ns >= fence_at_ns) {
      endangered |= !worker.suspect;
      worker.suspect = worker.fenced = true;
      worker.fence_sent_ns = now_ns;
      actions->emplace_back(action::Fence{WorkerId{i}, worker.epoch});
    }
    if (worker.fenced) {
      tick_by(worker.fence_sent_ns + config.resend_after_ns);
    } else {
      tick_by(worker.suspect || !worker.ready ? fence_at_ns : suspect_at_ns);
    }
  }
  for (HostState& host : hosts) {
    if (!host.up || host.lost || host.silent) {
      continue;
    }
    if (overslept) {
      host.heard_ns = now_ns;
    }
    if (now_ns >= host.heard_ns + config.suspect_after_ns) {
      host.silent = endangered = true;
    } else {
      tick_by(host.heard_ns + config.suspect_after_ns);
    }
  }
  if (endangered) {
    copy_where_endangered();
  }
  resend_offers();
}

}  // namespace strata
