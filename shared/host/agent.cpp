#include "shared/host/agent.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>

#include "shared/base/check.h"
#include "shared/os/clock.h"
#include "shared/os/usable_cpus.h"
#include "shared/sync/event_count.h"

namespace strata {
namespace {

// Beats come every 100 ms (worker/worker_process.cpp); looking as often delays a suspicion by 100
// ms.
constexpr std::uint64_t kLookEveryNs = 100'000'000;
// Descriptors that children get must not lie where they are put (3 to 5).
constexpr int kLowestFd = 10;
// Room in the claim table for further attempts and for the parts of split shards.
constexpr std::uint32_t kSpareEntries = 1024;

Result<Fd> move_up(Fd fd, const char* what) {
  Fd high(fd ? fcntl(fd.get(), F_DUPFD_CLOEXEC, kLowestFd) : -1);
  if (!high) {
    return system_error(Exit::kMachine,
                        std::string("cannot open ") + what +
                            "; raise the limit on open files "
                            "(ulimit -n)",
                        errno);
  }
  return high;
}

}  // namespace

std::string_view name_of(WorkerState state) {
  switch (state) {
    case WorkerState::kStarting:
      return "starting";
    case WorkerState::kReady:
      return "ready";
    case WorkerState::kOpening:
      return "opening";
    case WorkerState::kOpen:
      return "running";
    case WorkerState::kDead:
      return "dead";
  }
  return "?";
}

HostAgent::HostAgent(EventLoop& loop, Options options, AgentListener& listener)
    : loop_(loop), options_(std::move(options)), listener_(listener) {}

Result<std::unique_ptr<HostAgent>> HostAgent::make(EventLoop& loop, Options options,
                                                   AgentListener& listener) {
  auto agent = std::unique_ptr<HostAgent>(new HostAgent(loop, std::move(options), listener));
  auto doorbell = move_up(Fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), "a doorbell (eventfd)");
  if (!doorbell) {
    return doorbell.error();
  }
  agent->doorbell_ = std::move(*doorbell);
  auto null = move_up(Fd(open("/dev/null", O_RDONLY | O_CLOEXEC)), "/dev/null");
  if (!null) {
    return null.error();
  }
  agent->null_ = std::move(*null);
  auto segment = Segment::create("strata-host");
  if (!segment) {
    return segment.error();
  }
  agent->segment_ = std::move(*segment);
  if (auto watched =
          loop.watch(agent->doorbell_.get(), [raw = agent.get()] { raw->on_doorbell(); });
      !watched) {
    return watched.error();
  }
  return agent;
}

HostAgent::~HostAgent() {
  stop();
  if (doorbell_) {
    loop_.unwatch(doorbell_.get());
  }
  loop_.cancel(look_timer_);
  loop_.cancel(close_timer_);
}

WorkerPage& HostAgent::page(std::uint32_t place) const { return worker_page(pages_.data(), place); }

Status HostAgent::prepare_pages(const Layout& layout) {
  const std::uint64_t bytes = pages_bytes(layout.processes);
  if (segment_.size() > 0) {
    // Of earlier workers. Punched and allocated again, it is zero.
    if (auto released = segment_.release(0, segment_.size()); !released) {
      return released;
    }
    if (auto filled = segment_.refill(0, std::min(bytes, segment_.size())); !filled) {
      return filled;
    }
  }
  if (auto grown = segment_.grow(bytes); !grown) {
    return grown;
  }
  auto mapping = segment_.map(0, bytes);
  if (!mapping) {
    return mapping.error();
  }
  pages_ = std::move(*mapping);
  trial_offset_ = bytes;

  const UsableCpus usable = usable_cpus();
  cpus_ = layout.pin == Pin::kSpread ? spread_order(usable.affinity) : usable.affinity;
  HostPage& host = host_page(pages_.data());
  host.magic = kHostMagic;
  host.workers = layout.processes;
  host.first_worker = options_.first_worker;
  host.agent_pid = getpid();
  host.threads = layout.threads;
  host.in_flight = layout.in_flight;
  host.wait = static_cast<std::uint8_t>(layout.wait);
  host.pin = static_cast<std::uint8_t>(layout.pin);
  host.gil_release_compute = layout.gil_release_compute ? 1 : 0;
  host.gil_interval_us = layout.gil_interval_us;
  STRATA_CHECK(layout.executor.size() < host.executor.size(), layout.executor);
  std::copy(layout.executor.begin(), layout.executor.end(), host.executor.begin());
  host.cpu_count = static_cast<std::uint32_t>(std::min(cpus_.size(), kMaxCpus));
  for (std::uint32_t i = 0; i < host.cpu_count; ++i) {
    host.cpus[i] = static_cast<std::int16_t>(cpus_[i]);
  }
  return Ok{};
}

Status HostAgent::start(const Layout& layout) {
  STRATA_CHECK(std::all_of(slots_.begin(), slots_.end(),
                           [](const Slot& slot) { return slot.state == WorkerState::kDead; }));
  layout_ = layout;
  slots_.clear();
  if (auto prepared = prepare_pages(layout); !prepared) {
    return prepared;
  }
  slots_.resize(layout.processes);
  if (layout.start == Start::kZygote && !zygote_) {
    auto zygote = ZygoteClient::start(options_.worker_program, segment_.fd(), doorbell_.get(),
                                      options_.output_fd);
    if (!zygote) {
      return zygote.error();
    }
    zygote_ = std::move(*zygote);
  }
  Status status = start_processes(0, layout.processes, 1);
  if (!status) {
    stop();
  }
  return status;
}

Status HostAgent::restart(std::uint32_t place, Epoch epoch) {
  Slot& slot = slots_[place];
  STRATA_CHECK(slot.state == WorkerState::kDead, place);
  std::memset(static_cast<void*>(&page(place)), 0, sizeof(WorkerPage));
  return start_processes(place, 1, epoch);
}

Status HostAgent::start_processes(std::uint32_t first, std::uint32_t count, Epoch epoch) {
  for (std::uint32_t place = first; place < first + count; ++place) {
    page(place).epoch = epoch;
    page(place).last_unit.store(kNoUnit, std::memory_order_relaxed);  // No process reads it yet.
  }
  if (layout_.start == Start::kZygote) {
    auto pids = zygote_->make_workers({.first = first, .count = count, .epoch = epoch});
    if (!pids) {
      return pids.error();
    }
    Status status = Ok{};
    for (std::uint32_t i = 0; i < count; ++i) {
      const pid_t pid = (*pids)[i];
      if (pid <= 0) {
        status = system_error(Exit::kMachine,
                              "cannot start another process: the limit on processes may be "
                              "reached (ulimit -u); raise it, or run fewer processes",
                              -pid);
      } else if (auto adopted = adopt(first + i, epoch, ChildProcess::adopt(pid)); !adopted) {
        status = adopted;
      }
    }
    return status;
  }
  for (std::uint32_t place = first; place < first + count; ++place) {
    SpawnPlan plan;
    plan.program = options_.worker_program;
    plan.arguments = {"worker", std::to_string(place)};
    plan.descriptors = {{null_.get(), 0},
                        {options_.output_fd, 1},
                        {segment_.fd(), kSegmentFd},
                        {doorbell_.get(), kDoorbellFd}};
    if (auto adopted = adopt(place, epoch, spawn(plan)); !adopted) {
      return adopted;
    }
  }
  return Ok{};
}

Status HostAgent::adopt(std::uint32_t place, Epoch epoch, Result<ChildProcess> process) {
  if (!process) {
    return process.error();
  }
  Slot& slot = slots_[place];
  slot.process = std::move(*process);
  slot.state = WorkerState::kStarting;
  slot.epoch = epoch;
  slot.last_beat = 0;
  slot.by_strata = false;
  slot.text.clear();
  slot.commands.emplace(page(place).commands);
  slot.reports.emplace(page(place).reports);
  return loop_.watch(slot.process.pidfd(), [this, place] { on_ended(place); });
}

void HostAgent::stop() {
  for (Slot& slot : slots_) {
    slot.process.kill(SIGKILL);
  }
  for (Slot& slot : slots_) {
    if (slot.process) {
      loop_.unwatch(slot.process.pidfd());
      slot.process.reap(true);
    }
    slot.state = WorkerState::kDead;
  }
}

void HostAgent::fence(std::uint32_t place, Epoch epoch) {
  Slot& slot = slots_[place];
  if (slot.epoch == epoch && slot.state != WorkerState::kDead) {
    slot.by_strata = true;
    slot.process.kill(SIGKILL);
  }
}

void HostAgent::on_ended(std::uint32_t place) {
  Slot& slot = slots_[place];
  const int pidfd = slot.process.pidfd();
  on_reports(place);  // Its last words
  loop_.unwatch(pidfd);
  const ExitInfo how = slot.process.reap(true).value_or(ExitInfo{});
  slot.state = WorkerState::kDead;
  std::vector<HeldLease> held;
  const std::int64_t last_unit = page(place).last_unit.load(std::memory_order_acquire);
  if (trial_open_) {
    // Relaxed: the process is dead, nobody writes.
    const Usage& before = page(place).before;
    slot.dead_cpu_s += std::max(
        0.0, how.cpu_s - static_cast<double>(before.cpu_ns.load(std::memory_order_relaxed)) * 1e-9);
    slot.dead_voluntary +=
        how.voluntary_switches -
        std::min(how.voluntary_switches, before.voluntary_switches.load(std::memory_order_relaxed));
    slot.dead_involuntary += how.involuntary_switches -
                             std::min(how.involuntary_switches,
                                      before.involuntary_switches.load(std::memory_order_relaxed));
    held = book_->release_dead(place, slot.epoch);
    collect();
  }
  listener_.worker_ended(place, slot.epoch, how, slot.by_strata, held, last_unit);
  check_closed();
}

void HostAgent::on_doorbell() {
  std::uint64_t count = 0;
  while (read(doorbell_.get(), &count, sizeof count) == sizeof count) {
  }
  for (std::uint32_t place = 0; place < slots_.size(); ++place) {
    if (slots_[place].state != WorkerState::kDead) {
      on_reports(place);
    }
  }
  if (trial_open_) {
    collect();
  }
}

void HostAgent::on_reports(std::uint32_t place) {
  Slot& slot = slots_[place];
  Report report;
  while (slot.reports && slot.reports->pop(report)) {
    on_report(place, report);
  }
}

void HostAgent::on_report(std::uint32_t place, const Report& report) {
  Slot& slot = slots_[place];
  switch (report.kind) {
    case Report::Kind::kText:
      if (slot.text.size() < Report::kMostText) {
        slot.text.append(report.text.data(),
                         std::min<std::size_t>(report.text_bytes, Report::kTextBytes));
      }
      return;
    case Report::Kind::kReady:
      slot.state = WorkerState::kReady;
      if (trial_open_) {
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
      thrown_.insert({.shard = ShardId{report.shard}, .attempt = report.attempt});
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
  STRATA_CHECK(!trial_open_);
  const auto shards = static_cast<std::uint32_t>(shard_units.size());
  const std::uint32_t capacity = shards + shards / 4 + kSpareEntries;
  image.table_bytes = ClaimTable::bytes_for(capacity);
  image.table_offset = (image_bytes(image) + 63) / 64 * 64;
  const std::uint64_t results_at = round_to_page(image.table_offset + image.table_bytes);
  results_ = std::make_unique<ResultMemory>(segment_, trial_offset_ + results_at, image.slot_bytes);
  results_->place_first(shard_units);
  trial_bytes_ = round_to_page(results_at + std::max<std::uint64_t>(results_->first_bytes(), 1));
  const std::uint64_t end = trial_offset_ + trial_bytes_;
  if (segment_.size() > trial_offset_) {
    if (auto filled =
            segment_.refill(trial_offset_, std::min(end, segment_.size()) - trial_offset_);
        !filled) {
      return filled;
    }
  }
  if (auto grown = segment_.grow(end); !grown) {
    return grown;
  }
  auto memory = segment_.map(trial_offset_, results_at);
  if (!memory) {
    return memory.error();
  }
  trial_memory_ = std::move(*memory);
  if (auto mapped = results_->map_first(); !mapped) {
    return mapped;
  }
  write_image(image, trial_memory_.bytes());
  table_ = std::make_unique<ClaimTable>(ClaimTable::format(
      trial_memory_.bytes().subspan(image.table_offset, image.table_bytes), capacity));
  book_ = std::make_unique<LeaseBook>(*table_);
  done_.clear();
  thrown_.clear();
  late_units_ = 0;
  trial_open_ = true;
  closing_ = false;
  ++trial_;
  for (std::uint32_t place = 0; place < slots_.size(); ++place) {
    slots_[place].dead_cpu_s = 0;
    slots_[place].dead_voluntary = 0;
    slots_[place].dead_involuntary = 0;
    if (slots_[place].state == WorkerState::kReady) {
      send_open(place);
    }
  }
  look_timer_ = loop_.at(now_ns() + kLookEveryNs, [this] { look(); });
  return Ok{};
}

void HostAgent::send_open(std::uint32_t place) {
  Slot& slot = slots_[place];
  slot.state = WorkerState::kOpening;
  const bool pushed = slot.commands->push({.kind = Command::Kind::kOpen,
                                           .trial = trial_,
                                           .offset = trial_offset_,
                                           .bytes = trial_bytes_});
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
  free_gone();
  for (const OfferedLease& lease : leases) {
    if (book_->seen(lease.key)) {
      continue;
    }
    auto place = results_->allocate(lease.key, lease.units);
    if (!place) {
      return place.error();
    }
    if (!book_->offer(lease.key, {.shard = value_of(lease.key.shard),
                                  .units = lease.units,
                                  .first_unit = lease.first_unit,
                                  .result_offset = *place,
                                  .alone = lease.alone})) {
      return Error{Exit::kFailed,
                   "too many shards were lost and leased again; something keeps "
                   "killing the workers"};
    }
  }
  table_->count_offers();
  ring_workers();
  return Ok{};
}

void HostAgent::revoke(const LeaseKey& lease) { book_->revoke(lease); }

void HostAgent::free_gone() {
  for (const GoneLease& gone : book_->collect_gone()) {
    results_->free(gone.facts.units, gone.facts.result_offset);
    if (gone.finished_late && !thrown_.contains(gone.key)) {
      late_units_ += gone.facts.units;
    }
  }
}

std::uint64_t HostAgent::late_units() {
  free_gone();
  return late_units_;
}

HostAgent::ResultView HostAgent::commit(const LeaseKey& lease) {
  const auto found = done_.find(lease);
  STRATA_CHECK(found != done_.end(), value_of(lease.shard), lease.attempt);
  ResultView result;
  if (auto memory = results_->view(found->second.result_offset, found->second.units); memory) {
    std::memcpy(&result.sums, *memory, sizeof result.sums);
    result.slots = *memory + sizeof result.sums;
  }
  done_.erase(found);
  book_->settle(lease);
  return result;
}

void HostAgent::discard(const LeaseKey& lease) {
  const auto found = done_.find(lease);
  if (found != done_.end()) {
    results_->free(found->second.units, found->second.result_offset);
    done_.erase(found);
    book_->settle(lease);
  }
}

void HostAgent::collect() {
  const std::vector<DoneLease> done = book_->collect_done();
  if (!done.empty()) {
    for (const DoneLease& lease : done) {
      done_.emplace(lease.key, lease.facts);
    }
    listener_.completed(done);
  }
}

void HostAgent::look() {
  std::vector<std::pair<std::uint32_t, Epoch>> beating;
  for (std::uint32_t place = 0; place < slots_.size(); ++place) {
    Slot& slot = slots_[place];
    // Relaxed: a count, nothing rides on it.
    const std::uint64_t beat = page(place).beat.load(std::memory_order_relaxed);
    if (slot.state != WorkerState::kDead && beat != slot.last_beat) {
      slot.last_beat = beat;
      beating.emplace_back(place, slot.epoch);
    }
  }
  look_timer_ = loop_.at(now_ns() + kLookEveryNs, [this] { look(); });
  listener_.beats(beating);
  if (trial_open_) {
    collect();
  }
}

void HostAgent::close_trial(std::uint64_t grace_ns) {
  STRATA_CHECK(trial_open_);
  closing_ = true;
  loop_.cancel(look_timer_);
  table_->close();
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
  const bool left = std::all_of(slots_.begin(), slots_.end(), [](const Slot& slot) {
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
  trial_open_ = false;
  closing_ = false;
  book_.reset();
  table_.reset();
  results_.reset();
  trial_memory_ = Mapping();
  if (segment_.size() > trial_offset_) {
    // What cannot be given back now is given back with the segment.
    (void)segment_.release(trial_offset_, segment_.size() - trial_offset_);
  }
}

std::vector<WorkerStatus> HostAgent::status() const {
  std::vector<WorkerStatus> all;
  for (std::uint32_t place = 0; place < slots_.size(); ++place) {
    const Slot& slot = slots_[place];
    const WorkerPage& shared = page(place);
    WorkerStatus status;
    status.worker = options_.first_worker + place;
    status.pid = slot.process.pid();
    status.state = slot.state;
    status.epoch = slot.epoch;
    status.cpus = cpus_of(place);
    // Relaxed: figures for people.
    status.units_done = shared.units_done.load(std::memory_order_relaxed);
    status.ready_ns = shared.ready_ns.load(std::memory_order_relaxed);
    status.cpu_s = slot.dead_cpu_s +
                   static_cast<double>(shared.during.cpu_ns.load(std::memory_order_relaxed)) * 1e-9;
    status.voluntary_switches =
        slot.dead_voluntary + shared.during.voluntary_switches.load(std::memory_order_relaxed);
    status.involuntary_switches =
        slot.dead_involuntary + shared.during.involuntary_switches.load(std::memory_order_relaxed);
    status.os_threads = shared.during.os_threads.load(std::memory_order_relaxed);
    all.push_back(std::move(status));
  }
  return all;
}

std::vector<int> HostAgent::cpus_of(std::uint32_t place) const {
  if (layout_.pin == Pin::kNone) {
    return cpus_;
  }
  std::vector<int> mine;
  for (std::uint32_t t = 0; t < layout_.threads; ++t) {
    mine.push_back(cpus_[(place * layout_.threads + t) % cpus_.size()]);
  }
  std::sort(mine.begin(), mine.end());
  mine.erase(std::unique(mine.begin(), mine.end()), mine.end());
  return mine;
}

std::uint64_t HostAgent::pss_bytes() const {
  std::uint64_t total = 0;
  for (const Slot& slot : slots_) {
    if (slot.process) {
      total += pss_of(slot.process.pid());
    }
  }
  return total;
}

std::uint64_t pss_of(pid_t pid) {
  std::ifstream rollup("/proc/" + std::to_string(pid) + "/smaps_rollup");
  std::string line;
  while (std::getline(rollup, line)) {
    if (line.starts_with("Pss:")) {
      return std::strtoull(line.c_str() + 4, nullptr, 10) * 1024;
    }
  }
  return 0;
}

}  // namespace strata
