#include "coordinator/simulate/virtual_host.h"

#include <csignal>
#include <utility>

namespace strata {
namespace {

constexpr std::uint64_t kUs = 1'000;
constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kReportNs = 80 * kMs;

}  // namespace

VirtualHost::VirtualHost(const World& world, std::uint32_t host, std::function<void(Event)> tell)
    : world_(world),
      host_(host),
      tell_(std::move(tell)),
      table_memory_(ClaimTable::bytes_for(world.plan.table_capacity) / sizeof(Line)),
      table_(ClaimTable::format(std::as_writable_bytes(std::span(table_memory_)),
                                world.plan.table_capacity)),
      book_(table_),
      memory_(world.judge) {
  for (std::uint32_t place = 0; place < world.plan.core.workers_per_host; ++place) {
    workers_.push_back(std::make_unique<VirtualWorker>(world, place, table_, memory_, *this));
  }
}

WorkerId VirtualHost::id_of(std::uint32_t place) const {
  return WorkerId{host_ * world_.plan.core.workers_per_host + place};
}

void VirtualHost::start() {
  for (const auto& worker : workers_) {
    worker->start(1);
  }
  say_again();
}

void VirtualHost::receive(const Action& action) {
  if (lost_) {
    return;
  }
  if (const auto* o = std::get_if<action::Offer>(&action)) {
    offer(*o);
  } else if (const auto* r = std::get_if<action::Revoke>(&action)) {
    revoke({r->lease.shard, r->lease.attempt});
  } else if (const auto* c = std::get_if<action::Commit>(&action)) {
    commit({c->lease.shard, c->lease.attempt});
  } else if (const auto* d = std::get_if<action::Discard>(&action)) {
    discard({d->lease.shard, d->lease.attempt});
  } else if (const auto* f = std::get_if<action::Fence>(&action)) {
    fence(*f);
  } else if (const auto* s = std::get_if<action::Restart>(&action)) {
    restart(*s);
  }
}

void VirtualHost::offer(const action::Offer& offer) {
  for (const action::Lease& lease : offer.leases) {
    const LeaseKey key{lease.id.shard, lease.id.attempt};
    if (book_.seen(key)) {
      continue;
    }
    const std::uint64_t offset = memory_.allocate(key, lease.range.units);
    if (!book_.offer(key, {value_of(key.shard), lease.range.units, lease.range.first_unit, offset,
                           lease.alone})) {
      ++world_.judge.happened.refused_full;  // The core says it again.
      memory_.free(offset, key);
    }
  }
  table_.count_offers();
  for (const auto& worker : workers_) {
    worker->ring();
  }
}

void VirtualHost::revoke(const LeaseKey& key) {
  threw_.erase(key);
  book_.revoke(key);
  poll();
}

void VirtualHost::commit(const LeaseKey& key) {
  const auto done = unanswered_.find(key);
  if (done == unanswered_.end()) {
    return;
  }
  memory_.commit(done->second.facts.result_offset, key);
  book_.settle(key);
  committed_.insert(unanswered_.extract(done));
}

void VirtualHost::discard(const LeaseKey& key) {
  const auto done = unanswered_.find(key);
  if (done == unanswered_.end()) {
    return;
  }
  memory_.free(done->second.facts.result_offset, key);
  book_.settle(key);
  unanswered_.erase(done);
}

void VirtualHost::fence(const action::Fence& fence) {
  for (std::uint32_t place = 0; place < workers_.size(); ++place) {
    if (id_of(place) == fence.worker && workers_[place]->epoch() == fence.epoch) {
      workers_[place]->kill({SIGKILL, 0, true});
    }
  }
}

void VirtualHost::restart(const action::Restart& restart) {
  for (std::uint32_t place = 0; place < workers_.size(); ++place) {
    // Not before its death is noticed: what it held is revoked then.
    const auto ended = ended_.find(place);
    if (id_of(place) == restart.worker && ended != ended_.end() &&
        ended->second.epoch + 1 == restart.epoch) {
      ended_.erase(ended);
      workers_[place]->start(restart.epoch);
    }
  }
}

void VirtualHost::kill_worker(std::uint32_t place) { workers_[place]->kill({SIGKILL, 0, false}); }

void VirtualHost::pause_worker(std::uint32_t place, std::uint64_t for_ns) {
  workers_[place]->pause(for_ns);
}

void VirtualHost::lose() {
  lost_ = true;
  for (const auto& worker : workers_) {
    worker->kill({SIGKILL, 0, true});
  }
}

void VirtualHost::worker_ready(std::uint32_t place, Epoch epoch) {
  tell_(event::WorkerReady{id_of(place), epoch});
}

void VirtualHost::worker_beat(std::uint32_t place, Epoch epoch) {
  tell_(event::Beat{id_of(place), epoch});
}

void VirtualHost::worker_rang(std::uint32_t /*place*/) {
  if (poll_scheduled_) {
    return;
  }
  poll_scheduled_ = true;
  world_.queue.after(world_.random.between(5 * kUs, 200 * kUs), [this] {
    poll_scheduled_ = false;
    poll();
  });
}

void VirtualHost::unit_threw(std::uint32_t place, Epoch epoch, const LeaseKey& lease,
                             std::uint64_t unit) {
  const event::UnitThrew threw{{lease.shard, lease.attempt}, id_of(place), epoch, unit, "no"};
  threw_[lease] = threw;
  tell_(threw);
}

void VirtualHost::worker_ended(std::uint32_t place, Epoch epoch, const End& end,
                               std::int64_t last_unit, bool was_ready) {
  const event::WorkerEnded ended{id_of(place), epoch, end, {}, last_unit, was_ready};
  world_.queue.after(world_.random.between(10 * kUs, 2 * kMs),
                     [this, place, epoch, ended] { bury(place, epoch, ended); });
}

void VirtualHost::bury(std::uint32_t place, Epoch epoch, event::WorkerEnded ended) {
  if (lost_) {
    return;
  }
  for (const HeldLease& held : book_.release_dead(place, epoch)) {
    ended.held.push_back({held.key.shard, held.key.attempt});
    threw_.erase(held.key);
  }
  for (const HeldLease& held : book_.held()) {
    if (held.worker == place && held.epoch <= epoch) {
      world_.judge.violated("lease " + text(held.key) + " is held by a dead worker");
    }
  }
  poll();
  ended_[place] = ended;
  tell_(ended);
}

void VirtualHost::poll() {
  event::Completed completed{HostId{host_}, {}};
  for (const DoneLease& done : book_.collect_done()) {
    unanswered_[done.key] = done;
    completed.completions.push_back(completion_of(done));
  }
  for (const GoneLease& gone : book_.collect_gone()) {
    memory_.free(gone.facts.result_offset, gone.key);
  }
  if (!completed.completions.empty() && !lost_) {
    tell_(completed);
  }
}

event::Completion VirtualHost::completion_of(const DoneLease& done) const {
  return {{done.key.shard, done.key.attempt}, id_of(done.worker), done.epoch, done.took_ns};
}

void VirtualHost::say_again() {
  if (lost_) {
    return;
  }
  poll();
  tell_(event::HostUp{HostId{host_}, world_.plan.credits});
  event::HostReport report{HostId{host_}, {}, {}, 0};
  for (const HeldLease& held : book_.held()) {
    report.running.push_back({{held.key.shard, held.key.attempt}, id_of(held.worker), 0});
  }
  for (const LeaseKey& key : book_.unclaimed()) {
    report.offered.push_back({key.shard, key.attempt});
  }
  for (const auto& worker : workers_) {
    report.idle_processors += worker->idle_carriers();
  }
  tell_(report);
  event::Completed completed{HostId{host_}, {}};
  for (const auto& [key, done] : unanswered_) {
    completed.completions.push_back(completion_of(done));
  }
  if (!completed.completions.empty()) {
    tell_(completed);
  }
  for (const auto& [key, threw] : threw_) {
    tell_(threw);
  }
  for (const auto& [place, ended] : ended_) {
    tell_(ended);
  }
  world_.queue.after(kReportNs, [this] { say_again(); });
}

bool VirtualHost::has_result(const event::Completion& completion) const {
  const LeaseKey key{completion.lease.shard, completion.lease.attempt};
  for (const auto* leases : {&unanswered_, &committed_}) {
    if (const auto done = leases->find(key); done != leases->end()) {
      const DoneLease& d = done->second;
      return id_of(d.worker) == completion.worker && d.epoch == completion.epoch &&
             memory_.complete(d.facts.result_offset, key, d.worker, d.epoch, d.facts.first_unit);
    }
  }
  return false;
}

void VirtualHost::check_memory() {
  poll();
  if (memory_.in_use() != committed_.size() + book_.size()) {
    world_.judge.violated("host " + std::to_string(host_) + " has " +
                          std::to_string(memory_.in_use()) + " blocks of memory for " +
                          std::to_string(committed_.size()) + " committed leases and " +
                          std::to_string(book_.size()) + " others");
  }
}

}  // namespace strata
