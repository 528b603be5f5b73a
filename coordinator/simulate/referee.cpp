#include "coordinator/simulate/referee.h"

#include <algorithm>
#include <cstdio>

#include "coordinator/simulate/describe.h"

namespace strata {

std::string text(const ShardAttempt& lease) {
  return "shard " + std::to_string(value_of(lease.shard)) + " attempt " +
         std::to_string(lease.attempt);
}

std::uint32_t host_of(const Action& action, const CoreConfig& config) {
  return std::visit(
      [&](const auto& a) -> std::uint32_t {
        if constexpr (requires { a.host; }) {
          return value_of(a.host);
        } else if constexpr (requires { a.worker; }) {
          return value_of(a.worker) / config.workers_per_host;
        } else {
          return 0;
        }
      },
      action);
}

void Referee::before(const Event& event) {
  if (const auto* lost = std::get_if<event::HostLost>(&event)) {
    lost_hosts_.insert(value_of(lost->host));
  } else if (const auto* ended = std::get_if<event::WorkerEnded>(&event)) {
    restarts_before_ = core_.restarts(ended->worker);
  }
}

void Referee::said(const Event& event, const Action& action) {
  if (!std::holds_alternative<action::Finish>(action) &&
      lost_hosts_.contains(host_of(action, plan_.core))) {
    judge_.violated("a lost host is told " + text_of(action));
  }
  if (const auto* offer = std::get_if<action::Offer>(&action)) {
    offered(*offer);
  } else if (const auto* commit = std::get_if<action::Commit>(&action)) {
    committed(std::get<event::Completed>(event), *commit);
  } else if (const auto* discard = std::get_if<action::Discard>(&action)) {
    discarded(*discard);
  } else if (const auto* revoke = std::get_if<action::Revoke>(&action)) {
    if (is_committed(revoke->lease)) {
      judge_.violated(text(revoke->lease) + " is committed and revoked");
    }
  } else if (std::holds_alternative<action::Fence>(action)) {
    ++judge_.happened.fences;
  } else if (std::holds_alternative<action::Restart>(action)) {
    ++judge_.happened.restarts;
  }
}

void Referee::after(const Event& event) {
  const auto* ended = std::get_if<event::WorkerEnded>(&event);
  if (ended == nullptr) {
    return;
  }
  const bool is_first = ended_.insert({ended->worker, ended->epoch}).second;
  const std::uint32_t more = core_.restarts(ended->worker) - restarts_before_;
  if (more != 0 && !(more == 1 && is_first)) {
    judge_.violated("an end told again, or an old one, changes the epoch of worker " +
                    std::to_string(value_of(ended->worker)));
  }
  const std::uint32_t host = value_of(ended->worker) / plan_.core.workers_per_host;
  if (core_.finished() || lost_hosts_.contains(host)) {
    return;
  }
  for (const OutLease& out : core_.leases_out()) {
    if (std::ranges::find(ended->held, out.lease) != ended->held.end()) {
      judge_.violated(text(out.lease) + " is still leased to the dead");
    }
  }
}

void Referee::offered(const action::Offer& offer) {
  for (const action::Lease& lease : offer.leases) {
    if (offered_.emplace(lease.id, lease.range.units).second) {
      judge_.happened.copies += lease.id.attempt > 1 ? 1U : 0U;
      judge_.happened.leases_alone += lease.alone ? 1U : 0U;
    }
  }
}

void Referee::committed(const event::Completed& event, const action::Commit& commit) {
  const auto completion =
      std::ranges::find(event.completions, commit.lease, &event::Completion::lease);
  const auto [found, is_first] =
      committed_.try_emplace(commit.lease.shard, Committed{commit.host, *completion});
  if (!is_first) {
    if (found->second.completion.lease != commit.lease) {
      judge_.violated(text(commit.lease) + " is committed after " +
                      text(found->second.completion.lease));
    }
    return;
  }
  if (!hosts_[value_of(commit.host)]->has_result(*completion)) {
    judge_.violated(text(commit.lease) + " is committed without its result");
  }
  for (std::uint32_t i = 0; i < commit.range.units; ++i) {
    if (!units_.insert(commit.range.first_unit + i).second) {
      judge_.violated("unit " + std::to_string(commit.range.first_unit + i) +
                      " is committed twice");
    }
  }
}

void Referee::discarded(const action::Discard& discard) {
  if (is_committed(discard.lease)) {
    judge_.violated(text(discard.lease) + " is committed and discarded");
  }
  if (discarded_.insert(discard.lease).second) {
    ++judge_.happened.discards;
    units_discarded_ += offered_[discard.lease];
  }
}

bool Referee::is_committed(const ShardAttempt& lease) const {
  const auto found = committed_.find(lease.shard);
  return found != committed_.end() && found->second.completion.lease == lease;
}

void Referee::end(const std::string& failure) {
  for (const auto& [shard, committed] : committed_) {
    if (!hosts_[value_of(committed.host)]->has_result(committed.completion)) {
      judge_.violated("the committed result of " + text(committed.completion.lease) +
                      " has changed");
    }
  }
  for (const auto& host : hosts_) {
    host->check_memory();
  }
  judge_counts();
  if (core_.finished()) {
    judge_failure(failure);
  }
}

void Referee::judge_counts() {
  if (units_.size() != core_.counts().units_completed) {
    judge_.violated(std::to_string(units_.size()) + " units are committed, counted are " +
                    std::to_string(core_.counts().units_completed));
  }
  if (units_discarded_ != core_.counts().duplicates_discarded) {
    judge_.violated(std::to_string(units_discarded_) + " units were discarded, counted are " +
                    std::to_string(core_.counts().duplicates_discarded));
  }
}

void Referee::judge_failure(const std::string& failure) {
  if (failure.starts_with("every host was lost")) {
    if (lost_hosts_.size() != plan_.core.hosts) {
      judge_.violated("not every host was lost: " + failure);
    }
    return;
  }
  if (failure.starts_with("worker ")) {
    if (judge_.happened.ends_before_ready < plan_.core.max_early_ends) {
      judge_.violated("no worker ended so often before it was ready: " + failure);
    }
    return;
  }
  unsigned long long named = 0;
  if (!failure.empty() &&
      (std::sscanf(failure.c_str(), "unit %llu ", &named) != 1 || !deserves_blame(named))) {
    judge_.violated("an innocent is blamed: " + failure);
  }
  for (std::uint64_t unit = 0; unit < plan_.units; ++unit) {
    const bool done = units_.contains(unit);
    if (!done && (failure.empty() || !deserves_blame(unit))) {
      judge_.violated("unit " + std::to_string(unit) + " is not committed, '" + failure + "'");
    }
    if (done && plan_.poison.contains(unit)) {
      judge_.violated("unit " + std::to_string(unit) + " cannot be done and is");
    }
  }
}

bool Referee::deserves_blame(std::uint64_t unit) const {
  const auto killed = judge_.killed_alone.find(unit);
  return plan_.poison.contains(unit) ||
         (killed != judge_.killed_alone.end() && killed->second >= plan_.core.poison_count);
}

}  // namespace strata
