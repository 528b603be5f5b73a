#include "shared/host/agent.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>

#include "shared/base/check.h"
#include "shared/host/placement.h"
#include "shared/os/clock.h"
#include "shared/sync/event_count.h"

namespace strata {
namespace {

// Beats come every 100 ms (worker/worker_process.cpp); looking as often delays a suspicion by 100
// ms.
constexpr std::uint64_t kLookEveryNs = 100'000'000;

}  // namespace

HostAgent::HostAgent(EventLoop& loop, std::uint32_t first_worker, AgentListener& listener)
    : loop_(loop), first_worker_(first_worker), listener_(listener) {}

Result<std::unique_ptr<HostAgent>> HostAgent::make(EventLoop& loop, Options options,
                                                   AgentListener& listener) {
  auto agent = std::unique_ptr<HostAgent>(new HostAgent(loop, options.first_worker, listener));
  auto starter = WorkerStarter::make(std::move(options.worker_program), options.output_fd);
  if (!starter) {
    return starter.error();
  }
  agent->starter_ = std::move(*starter);
  auto segment = Segment::create("strata-host");
  if (!segment) {
    return segment.error();
  }
  agent->segment_ = std::move(*segment);
  if (auto watched =
          loop.watch(agent->starter_->doorbell(), [raw = agent.get()] { raw->on_doorbell(); });
      !watched) {
    return watched.error();
  }
  return agent;
}

HostAgent::~HostAgent() {
  stop();
  if (starter_) {
    loop_.unwatch(starter_->doorbell());
  }
  loop_.cancel(look_timer_);
  loop_.cancel(close_timer_);
}

WorkerPage& HostAgent::page(std::uint32_t place) const { return worker_page(pages_.data(), place); }

Status HostAgent::start(const Layout& layout) {
  STRATA_CHECK(std::all_of(slots_.begin(), slots_.end(), [](const WorkerSlot& slot) {
    return slot.state == WorkerState::kDead;
  }));
  layout_ = layout;
  slots_.clear();
  // First: a zygote loads beside us, while the pages are made that it maps when asked for workers.
  if (auto prepared = starter_->prepare(layout.start, segment_.fd()); !prepared) {
    return prepared;
  }
  cpus_ = pin_order(layout.pin, usable_cpus());
  auto pages = lay_out_pages(segment_, layout, first_worker_, cpus_);
  if (!pages) {
    return pages.error();
  }
  pages_ = std::move(*pages);
  slots_.resize(layout.processes);
  Status status = start_processes(0, layout.processes, 1);
  if (!status) {
    stop();
  }
  return status;
}

Status HostAgent::restart(std::uint32_t place, Epoch epoch) {
  WorkerSlot& slot = slots_[place];
  STRATA_CHECK(slot.state == WorkerState::kDead, place);
  std::memset(static_cast<void*>(&page(place)), 0, sizeof(WorkerPage));
  return start_processes(place, 1, epoch);
}

Status HostAgent::start_processes(std::uint32_t first, std::uint32_t count, Epoch epoch) {
  // Relaxed: before they exist; a restarted worker rings for itself.
  host_page(pages_.data())
      .starting.store(count == layout_.processes ? static_cast<std::int32_t>(count) : 0,
                      std::memory_order_relaxed);
  for (std::uint32_t place = first; place < first + count; ++place) {
    page(place).epoch = epoch;
    page(place).last_unit.store(kNoUnit, std::memory_order_relaxed);  // No process reads it yet.
  }
  return starter_->start(layout_.start, segment_.fd(),
                         {.first = first, .count = count, .epoch = epoch},
                         [this, epoch](std::uint32_t place, Result<ChildProcess> process) {
                           return adopt(place, epoch, std::move(process));
                         });
}

Status HostAgent::adopt(std::uint32_t place, Epoch epoch, Result<ChildProcess> process) {
  if (!process) {
    return process.error();
  }
  WorkerSlot& slot = slots_[place];
  slot.begin(std::move(*process), epoch, page(place));
  return loop_.watch(slot.process.pidfd(), [this, place] { on_ended(place); });
}

void HostAgent::stop() {
  for (WorkerSlot& slot : slots_) {
    slot.process.kill(SIGKILL);
  }
  for (WorkerSlot& slot : slots_) {
    if (slot.process) {
      loop_.unwatch(slot.process.pidfd());
      slot.process.reap(true);
    }
    slot.state = WorkerState::kDead;
  }
}

void HostAgent::fence(std::uint32_t place, Epoch epoch) {
  WorkerSlot& slot = slots_[place];
  if (slot.epoch == epoch && slot.state != WorkerState::kDead) {
    slot.by_strata = true;
    slot.process.kill(SIGKILL);
  }
}

void HostAgent::on_ended(std::uint32_t place) {
  WorkerSlot& slot = slots_[place];
  const int pidfd = slot.process.pidfd();
  on_reports(place);  // Its last words
  loop_.unwatch(pidfd);
  // Acquire: as whoever wrote it is gone, only its last value counts; pairs with the unit's store.
  WorkerEnd end{.place = place,
                .epoch = slot.epoch,
                .how = slot.process.reap(true).value_or(ExitInfo{}),
                .by_strata = slot.by_strata,
                .was_ready = slot.state != WorkerState::kStarting,
                .held = {},
                .last_unit = page(place).last_unit.load(std::memory_order_acquire)};
  slot.state = WorkerState::kDead;
  if (trial_) {
    slot.count_dead(end.how, page(place));
    end.held = trial_->release_dead(place, slot.epoch);
    collect();
  }
  // One that died while starting will not be counted down: from now on each rings for itself, and
  // who reported before is asked here. Seq_cst: pairs with the worker's fetch_sub.
  host_page(pages_.data()).starting.store(0, std::memory_order_seq_cst);
  for (std::uint32_t other = 0; other < slots_.size(); ++other) {
    if (slots_[other].state == WorkerState::kStarting) {
      on_reports(other);
    }
  }
  listener_.worker_ended(end);
  check_closed();
}

void HostAgent::on_doorbell() {
  std::uint64_t count = 0;
  while (read(starter_->doorbell(), &count, sizeof count) == sizeof count) {
  }
  for (std::uint32_t place = 0; place < slots_.size(); ++place) {
    if (slots_[place].state != WorkerState::kDead) {
      on_reports(place);
    }
  }
  if (trial_) {
    collect();
  }
}

void HostAgent::on_reports(std::uint32_t place) {
  WorkerSlot& slot = slots_[place];
  Report report;
  while (slot.reports && slot.reports->pop(report)) {
    on_report(place, report);
  }
}

void HostAgent::on_report(std::uint32_t place, const Report& report) {
  WorkerSlot& slot = slots_[place];
  switch (report.kind) {
    case Report::Kind::kText:
      if (slot.text.size() < Report::kMostText) {
        slot.text.append(report.text.data(),
                         std::min<std::size_t>(report.text_bytes, Report::kTextBytes));
      }
      return;
    case Report::Kind::kReady:
      slot.state = WorkerState::kReady;
      if (trial_) {
        send_open(place);
      }
      listener_.worker_ready(place, slot.epoch);
      break;
    case Report::Kind::kOpened:
      slot.state = WorkerState::kOpen;
      listener_.worker_opened(place, slot.epoch);
      break;
    case Report::Kind::kOpenFailed:
      listener_.open_failed(place, slot.text);
      break;
    case Report::Kind::kThrew:
      if (trial_) {
        trial_->note_thrown({.shard = ShardId{report.shard}, .attempt = report.attempt});
      }
      listener_.unit_threw(place, slot.epoch,
                           {.shard = ShardId{report.shard}, .attempt = report.attempt}, report.unit,
                           slot.text);
      break;
    case Report::Kind::kClosed:
      slot.state = WorkerState::kReady;
      check_closed();
      break;
    case Report::Kind::kNone:
      break;
  }
  slot.text.clear();
}

Status HostAgent::open_trial(JobImage image, std::span<const std::uint32_t> shard_units) {
  STRATA_CHECK(!trial_, trial_number_);
  auto trial =
      HostTrial::lay_out(segment_, pages_bytes(layout_.processes), std::move(image), shard_units);
  if (!trial) {
    return trial.error();
  }
  trial_ = std::move(*trial);
  ++trial_number_;
  closing_ = false;
  for (std::uint32_t place = 0; place < slots_.size(); ++place) {
    slots_[place].forget_dead();
    if (slots_[place].state == WorkerState::kReady) {
      send_open(place);
    }
  }
  look_timer_ = loop_.at(now_ns() + kLookEveryNs, [this] { look(); });
  return Ok{};
}

void HostAgent::send_open(std::uint32_t place) {
  WorkerSlot& slot = slots_[place];
  slot.state = WorkerState::kOpening;
  const bool pushed = slot.commands->push({.kind = Command::Kind::kOpen,
                                           .trial = trial_number_,
                                           .offset = trial_->offset(),
                                           .bytes = trial_->bytes()});
  STRATA_CHECK(pushed, place);
  ring(page(place).command_bell);
}

void HostAgent::ring_workers() {
  for (std::uint32_t place = 0; place < slots_.size(); ++place) {
    if (slots_[place].state == WorkerState::kOpen || slots_[place].state == WorkerState::kOpening) {
      ring(page(place).work_bell);
    }
  }
}

Status HostAgent::offer(std::span<const OfferedLease> leases) {
  auto offered = trial_->offer(leases);
  if (offered) {
    ring_workers();
  }
  return offered;
}

void HostAgent::collect() {
  const std::vector<DoneLease> done = trial_->collect();
  if (!done.empty()) {
    listener_.completed(done);
  }
}

void HostAgent::look() {
  std::vector<std::pair<std::uint32_t, Epoch>> beating;
  for (std::uint32_t place = 0; place < slots_.size(); ++place) {
    WorkerSlot& slot = slots_[place];
    // Relaxed: a count, nothing rides on it.
    const std::uint64_t beat = page(place).beat.load(std::memory_order_relaxed);
    if (slot.state != WorkerState::kDead && beat != slot.last_beat) {
      slot.last_beat = beat;
      beating.emplace_back(place, slot.epoch);
    }
  }
  look_timer_ = loop_.at(now_ns() + kLookEveryNs, [this] { look(); });
  listener_.beats(beating);
  if (trial_) {
    collect();
  }
}

void HostAgent::close_trial(std::uint64_t grace_ns) {
  STRATA_CHECK(trial_ != nullptr);
  closing_ = true;
  loop_.cancel(look_timer_);
  trial_->close();
  ring_workers();
  close_timer_ = loop_.at(now_ns() + grace_ns, [this] {
    for (std::uint32_t place = 0; place < slots_.size(); ++place) {
      if (slots_[place].state != WorkerState::kReady) {
        fence(place, slots_[place].epoch);
      }
    }
  });
  loop_.at(now_ns(), [this] { check_closed(); });
}

void HostAgent::check_closed() {
  const bool left = std::all_of(slots_.begin(), slots_.end(), [](const WorkerSlot& slot) {
    return slot.state == WorkerState::kReady || slot.state == WorkerState::kDead;
  });
  if (closing_ && left) {
    closing_ = false;
    loop_.cancel(close_timer_);
    listener_.trial_closed();
  }
}

void HostAgent::release_trial() {
  loop_.cancel(look_timer_);
  loop_.cancel(close_timer_);
  closing_ = false;
  trial_.reset();
}

std::vector<WorkerStatus> HostAgent::status() const {
  std::vector<WorkerStatus> all;
  for (std::uint32_t place = 0; place < slots_.size(); ++place) {
    WorkerStatus status = slots_[place].status(page(place));
    status.worker = first_worker_ + place;
    status.cpus = worker_cpus(layout_.pin, cpus_, layout_.threads, place);
    all.push_back(std::move(status));
  }
  return all;
}

std::uint64_t HostAgent::pss_bytes() const {
  std::uint64_t total = 0;
  for (const WorkerSlot& slot : slots_) {
    if (slot.process) {
      total += pss_of(slot.process.pid());
    }
  }
  return total;
}

}  // namespace strata
