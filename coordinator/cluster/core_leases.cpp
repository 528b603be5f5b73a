// Who gets which shard, and what commits it.
//
// (1) A shard is queued, or is worked on, or is over. A queued shard that turns out to be worked on
//     (a suspect beat again) is dropped from its queue when its turn comes.
// (2) The first completion of any attempt commits. Every other attempt that is out is revoked then.
// (3) A host never has an attempt on its way there while a later one of the same shard is given to
//     it: what makes a later one needed is that the earlier one is known to run there, or that the
//     host is silent, and then it is given nothing. So a host may refuse the earlier of two.
// (4) A host has at most `credits` attempts out; one that is not heard of gets nothing new.
#include <algorithm>

#include "coordinator/cluster/core_state.h"

namespace strata {
namespace {

action::Lease lease_of(ShardId id, const ShardState& shard, const AttemptRecord& attempt) {
  return {{id, attempt.number}, shard.range, attempt.alone};
}

// Appends a lease to the Offer for `host` that is among the actions from `first` on, or to a new
// one.
void append_offer(std::vector<Action>& actions, std::size_t first, HostId host,
                  action::Lease lease) {
  for (std::size_t i = first; i < actions.size(); ++i) {
    auto* offer = std::get_if<action::Offer>(&actions[i]);
    if (offer != nullptr && offer->host == host) {
      offer->leases.push_back(lease);
      return;
    }
  }
  actions.emplace_back(action::Offer{host, {lease}});
}

}  // namespace

void Core::State::host_up(const event::HostUp& e) {
  HostState* host = find(e.host);
  if (host == nullptr) {
    return;
  }
  if (!host->up) {
    host->up = true;
    for (std::uint32_t i = 0; i < config.workers_per_host; ++i) {
      workers[std::size_t{value_of(e.host)} * config.workers_per_host + i].heard_ns = now_ns;
    }
  }
  host->credits = e.credits;
  heard(e.host);
}

// Whether somebody in good health has it: not a suspect worker, not a host that has gone silent.
bool Core::State::is_worked_on(const ShardState& shard) const {
  return std::ranges::any_of(shard.attempts, [&](const AttemptRecord& attempt) {
    if (attempt.state != AttemptRecord::State::kOut || hosts[value_of(attempt.host)].silent) {
      return false;
    }
    return !attempt.holder || !workers[value_of(*attempt.holder)].suspect;
  });
}

void Core::State::enqueue(ShardId id, bool first) {
  ShardState& shard = shards[value_of(id)];
  if (!shard.queued && shard.state == ShardState::State::kOpen) {
    shard.queued = true;
    (first ? urgent : fresh).push_back(id);
  }
}

void Core::State::release(ShardId id) {
  ShardState& shard = shards[value_of(id)];
  if (!is_worked_on(shard)) {
    shard.lost_before = true;
    enqueue(id, true);
  }
}

void Core::State::drop(ShardId id, Attempt number) {
  ShardState& shard = shards[value_of(id)];
  const AttemptRecord* attempt = find(shard, number);
  if (attempt == nullptr) {
    return;
  }
  if (attempt->state == AttemptRecord::State::kOut) {
    --hosts[value_of(attempt->host)].out;
  }
  shard.attempts.erase(shard.attempts.begin() + (attempt - shard.attempts.data()));
}

void Core::State::assign() {
  const std::size_t first_action = actions->size();
  while (!urgent.empty() || !fresh.empty()) {
    std::deque<ShardId>& queue = urgent.empty() ? fresh : urgent;
    const ShardId id = queue.front();
    ShardState& shard = shards[value_of(id)];
    if (shard.state != ShardState::State::kOpen || is_worked_on(shard)) {
      shard.queued = false;
      queue.pop_front();
      continue;
    }
    // The host with the most credit left, so that the last shards spread over all of them.
    HostState* best = nullptr;
    for (HostState& host : hosts) {
      if (host.up && !host.lost && !host.silent && host.out < host.credits &&
          (best == nullptr || host.credits - host.out > best->credits - best->out)) {
        best = &host;
      }
    }
    if (best == nullptr) {
      return;
    }
    queue.pop_front();
    shard.queued = false;
    if (shard.lost_before) {
      counts.units_retried += shard.range.units;
      shard.lost_before = false;
    }
    give(id, HostId{static_cast<std::uint32_t>(best - hosts.data())}, first_action);
  }
}

void Core::State::give(ShardId id, HostId host, std::size_t first_action) {
  ShardState& shard = shards[value_of(id)];
  AttemptRecord& attempt = shard.attempts.emplace_back();
  attempt.number = shard.next_attempt++;
  attempt.host = host;
  attempt.alone = shard.alone;
  ++hosts[value_of(host)].out;
  unarrived.push_back({{id, attempt.number}, now_ns});
  tick_by(now_ns + config.resend_after_ns);
  append_offer(*actions, first_action, host, lease_of(id, shard, attempt));
}

void Core::State::resend_offers() {
  const std::size_t first_action = actions->size();
  while (!unarrived.empty() && unarrived.front().sent_ns + config.resend_after_ns <= now_ns) {
    const ShardAttempt lease = unarrived.front().lease;
    unarrived.pop_front();
    ShardState& shard = shards[value_of(lease.shard)];
    const AttemptRecord* attempt = find(shard, lease.attempt);
    if (attempt != nullptr && attempt->state == AttemptRecord::State::kOut && !attempt->arrived) {
      append_offer(*actions, first_action, attempt->host, lease_of(lease.shard, shard, *attempt));
      unarrived.push_back({lease, now_ns});
    }
  }
  if (!unarrived.empty()) {
    tick_by(unarrived.front().sent_ns + config.resend_after_ns);
  }
}

void Core::State::revoke_others(ShardId id, Attempt except) {
  for (AttemptRecord& other : shards[value_of(id)].attempts) {
    if (other.number != except && other.state == AttemptRecord::State::kOut) {
      other.state = AttemptRecord::State::kRevoked;
      --hosts[value_of(other.host)].out;
      actions->emplace_back(action::Revoke{other.host, {id, other.number}});
    }
  }
}

void Core::State::completed(const event::Completed& e) {
  if (find(e.host) == nullptr) {
    return;
  }
  heard(e.host);
  for (const event::Completion& completion : e.completions) {
    const auto [id, number] = completion.lease;
    ShardState* shard = find(id);
    if (shard == nullptr || number == 0 || number >= shard->next_attempt) {
      continue;
    }
    if (WorkerRecord* worker = find(completion.worker);
        worker != nullptr && worker->epoch == completion.epoch) {
      worker->idle_ends = 0;
    }
    AttemptRecord* attempt = find(*shard, number);
    if (attempt == nullptr) {  // Lost, so rule (3) of the protocol is broken: nothing to count.
      actions->emplace_back(action::Discard{e.host, completion.lease});
      continue;
    }
    const AttemptRecord::State before = attempt->state;
    attempt->state = AttemptRecord::State::kDone;
    if (before == AttemptRecord::State::kOut) {
      --hosts[value_of(attempt->host)].out;
    }
    if (shard->state == ShardState::State::kOpen) {
      shard->state = ShardState::State::kCommitted;
      shard->committed_attempt = number;
      --open_shards;
      ++counts.shards_committed;
      counts.units_completed += shard->range.units;
      if (durations.size() < kDurations) {
        durations.push_back(completion.took_ns);
      } else {
        durations[next_duration++ % kDurations] = completion.took_ns;
      }
      revoke_others(id, number);
    } else if (before != AttemptRecord::State::kDone) {
      counts.duplicates_discarded += shard->range.units;
    }
    if (shard->committed_attempt == number) {
      actions->emplace_back(action::Commit{e.host, completion.lease, shard->range});
    } else {
      actions->emplace_back(action::Discard{e.host, completion.lease});
    }
  }
}

void Core::State::host_report(const event::HostReport& e) {
  if (find(e.host) == nullptr) {
    return;
  }
  heard(e.host);
  // Null when the lease is not out: the host is told again that nobody wants it.
  const auto arrived = [&](const ShardAttempt& lease) -> AttemptRecord* {
    ShardState* shard = find(lease.shard);
    AttemptRecord* attempt = shard == nullptr ? nullptr : find(*shard, lease.attempt);
    if (attempt != nullptr && attempt->state == AttemptRecord::State::kOut) {
      attempt->arrived = true;
      return attempt;
    }
    if (attempt == nullptr || attempt->state == AttemptRecord::State::kRevoked) {
      actions->emplace_back(action::Revoke{e.host, lease});
    }
    return nullptr;
  };
  for (const ShardAttempt& lease : e.offered) {
    arrived(lease);
  }
  for (const event::HostReport::Running& running : e.running) {
    AttemptRecord* attempt = arrived(running.lease);
    const WorkerRecord* worker = find(running.worker);
    if (attempt == nullptr || worker == nullptr || host_of(running.worker) != e.host) {
      continue;
    }
    attempt->holder = running.worker;
    const std::uint64_t since_ns = now_ns - std::min(now_ns, running.since_ns);
    if (attempt->running_since_ns == 0 || since_ns < attempt->running_since_ns) {
      attempt->running_since_ns = std::max<std::uint64_t>(since_ns, 1);
    }
    if (worker->suspect) {
      release(running.lease.shard);
    }
  }
  speculate(e);
}

}  // namespace strata
