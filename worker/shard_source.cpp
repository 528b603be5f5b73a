#include "worker/shard_source.h"

#include <cstring>

#include "shared/base/check.h"
#include "shared/os/clock.h"
#include "worker/outbox.h"

namespace strata {

Result<std::unique_ptr<ShardSource>> ShardSource::open(const WorkerIdentity& self,
                                                       const Command& command, Wait wait,
                                                       TellThrew tell_threw) {
  auto memory = Mapping::map(kSegmentFd, command.offset, command.bytes);
  if (!memory) {
    return memory.error();
  }
  auto image = read_image(memory->bytes());
  if (!image) {
    return image.error();
  }
  const auto table =
      ClaimTable::attach(memory->bytes().subspan(image->table_offset, image->table_bytes));
  if (!table) {
    return Error{Exit::kFailed, "the trial's claim table is not what it should be"};
  }
  const Workload* workload = find_workload(image->workload);
  if (workload == nullptr) {
    return Error{Exit::kFailed,
                 "strata-worker does not know the workload '" + image->workload +
                     "'; strata and strata-worker must be of one version, build both again"};
  }
  auto job = workload->make(Parameters({image->parameters.begin(), image->parameters.end()}));
  if (auto opened = job->open(image->input, image->operations_per_us); !opened) {
    return opened.error();
  }
  return std::unique_ptr<ShardSource>(new ShardSource(self, wait, command.offset,
                                                      std::move(*memory), std::move(*image), *table,
                                                      std::move(job), std::move(tell_threw)));
}

ShardSource::ShardSource(const WorkerIdentity& self, Wait wait, std::uint64_t offset,
                         Mapping memory, JobImage image, ClaimTable table, std::unique_ptr<Job> job,
                         TellThrew tell_threw)
    : self_(self),
      offset_(offset),
      memory_(std::move(memory)),
      image_(std::move(image)),
      table_(table),
      job_(std::move(job)),
      tell_threw_(std::move(tell_threw)),
      bell_(self.page->work_bell, wait) {}

std::byte* ShardSource::result_of(const LeaseFacts& facts) {
  const std::uint64_t bytes = result_bytes(facts.units, image_.slot_bytes);
  if (facts.result_offset >= offset_ && facts.result_offset + bytes <= offset_ + memory_.size()) {
    return memory_.data() + (facts.result_offset - offset_);
  }
  // A further attempt's, beyond what was mapped when the trial was opened. Kept until the trial
  // ends: there are few.
  const std::uint64_t page = facts.result_offset / kPageBytes * kPageBytes;
  auto found = far_.find(page);
  if (found == far_.end() || found->second.size() < facts.result_offset + bytes - page) {
    auto mapping = Mapping::map(kSegmentFd, page, facts.result_offset + bytes - page);
    STRATA_CHECK(mapping, mapping.error().message);
    found = far_.insert_or_assign(page, std::move(*mapping)).first;
  }
  return found->second.data() + (facts.result_offset - page);
}

WorkSource::Answer ShardSource::claim(Lease& lease) {
  const std::lock_guard lock(mutex_);
  // A copy of a group that dies with its worker is for the worker that comes in its place: only so
  // does every worker run one, and a job serve one.
  if (!alone_ && !had_copy_) {
    if (const auto claim = table_.claim(WorkerId{self_.place}, self_.epoch, out_ == 0, rescan_)) {
      ++out_;
      hungry_ = false;
      had_copy_ = image_.group;
      lease.together = image_.group;
      lease.alone = claim->facts.alone && !image_.group;
      alone_ = lease.alone;
      lease.first_unit = claim->facts.first_unit;
      lease.units = claim->facts.units;
      lease.slots = result_of(claim->facts) + sizeof(Sums);
      lease.slot_bytes = image_.slot_bytes;
      lease.entry = claim->entry;
      lease.attempt = claim->attempt;
      lease.shard = claim->facts.shard;
      lease.claimed_ns = now_ns();
      return Answer::kLease;
    }
  }
  if (table_.closed()) {
    return Answer::kEnd;
  }
  hungry_ = true;
  if (!agent_knows_) {
    // Out of work: time for the agent to look at what was finished.
    agent_knows_ = true;
    ring_doorbell();
  }
  return Answer::kNothingNow;
}

void ShardSource::complete(const Lease& lease, const Sums& sums) {
  std::memcpy(lease.slots - sizeof(Sums), &sums, sizeof sums);
  const Claim claim{.entry = lease.entry, .attempt = lease.attempt, .facts = {}};
  if (table_.finish(claim, WorkerId{self_.place}, self_.epoch, now_ns() - lease.claimed_ns)) {
    // Relaxed: a figure for people.
    self_.page->units_done.fetch_add(lease.units, std::memory_order_relaxed);
  }
  put_back(lease);
}

void ShardSource::fail(const Lease& lease, std::uint64_t unit, std::string_view message) {
  tell_threw_(lease.shard, lease.attempt, unit, message);
  table_.let_go({.entry = lease.entry, .attempt = lease.attempt, .facts = {}},
                WorkerId{self_.place}, self_.epoch);
  put_back(lease);
}

void ShardSource::about_to_run(std::uint64_t unit) {
  // Release: read by the agent when this process has died in the unit.
  self_.page->last_unit.store(static_cast<std::int64_t>(unit), std::memory_order_release);
}

void ShardSource::put_back(const Lease& lease) {
  bool others_may_claim = false;
  bool ring = false;
  {
    const std::lock_guard lock(mutex_);
    --out_;
    // Whoever claims next would ring; but `threads` claims no more when all are out, so the end of
    // the last one is told here.
    ring = hungry_ && out_ == 0;
    agent_knows_ = ring;
    others_may_claim = lease.alone || (out_ == 0 && rescan_.skipped_alone);
    if (lease.alone) {
      alone_ = false;
      self_.page->last_unit.store(kNoUnit, std::memory_order_release);
    }
  }
  if (ring) {
    ring_doorbell();
  }
  if (others_may_claim) {
    bell_.notify_all();
  }
}

}  // namespace strata
