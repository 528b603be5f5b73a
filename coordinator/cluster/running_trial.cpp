#include "coordinator/cluster/running_trial.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <utility>

#include "coordinator/cluster/local_cluster.h"
#include "coordinator/cluster/sharding.h"
#include "shared/base/check.h"
#include "shared/base/log.h"
#include "shared/os/clock.h"
#include "shared/unit/kernel.h"

namespace strata {
namespace {

constexpr HostId kHost{0};
// Shards out at once to one host: bounds what a report lists, and is far above what its workers can
// take between two looks of the agent.
constexpr std::uint32_t kCredits = 8192;
// How long workers may take to leave a trial that is over: a copy of a long unit is not waited for.
constexpr std::uint64_t kLeaveNs = 250'000'000;

std::uint64_t packed(ShardAttempt lease) {
  return (std::uint64_t{value_of(lease.shard)} << 32U) | lease.attempt;
}

ShardAttempt attempt_of(const LeaseKey& key) { return {key.shard, key.attempt}; }
LeaseKey key_of(const ShardAttempt& lease) { return {lease.shard, lease.attempt}; }

// Unique on this machine, and sorts by time: 20261124-141502-123456-812-1.
std::string make_run_id() {
  static std::uint32_t count = 0;
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  tm broken{};
  gmtime_r(&now.tv_sec, &broken);
  std::array<char, 80> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y%m%d-%H%M%S", &broken);
  std::snprintf(text.data() + length, text.size() - length, "-%06ld-%d-%u", now.tv_nsec / 1000,
                getpid(), ++count);
  return text.data();
}

std::string singular(const std::string& noun) {
  return noun.ends_with('s') ? noun.substr(0, noun.size() - 1) : noun;
}

}  // namespace

Trial::Trial(LocalCluster& cluster, TrialRequest request, TrialObserver observer,
             std::uint64_t launched_ns)
    : cluster_(cluster),
      loop_(cluster.loop_),
      request_(std::move(request)),
      observer_(std::move(observer)),
      launched_ns_(launched_ns),
      job_(request_.workload->make(request_.parameters)),
      off_loop_(loop_) {
  result_.run = make_run_id();
  result_.workload = request_.workload->name;
  result_.parameters = request_.parameters.all();
  result_.layout = request_.layout;
  result_.seed = request_.seed;
}

Trial::~Trial() {
  cancelled_ = true;
  loop_.cancel(tick_timer_);
  loop_.cancel(timeout_timer_);
}

void Trial::begin() {
  if (request_.timeout_s > 0) {
    timeout_timer_ =
        loop_.at(now_ns() + static_cast<std::uint64_t>(request_.timeout_s * 1e9), [this] {
          const std::string done = core_
                                       ? std::to_string(core_->counts().units_completed) + " of " +
                                             std::to_string(core_->counts().units_expected) + " " +
                                             result_.unit_noun + " done"
                                       : "nothing done";
          std::array<char, 32> limit{};
          std::snprintf(limit.data(), limit.size(), "%g", request_.timeout_s);
          fail({Exit::kFailed, std::string("timed out after ") + limit.data() + " s with " + done +
                                   "; give it more with --timeout, or less to do"});
        });
  }
  uncalibrated_ =
      request_.operations_per_us == 0 && request_.workload->calibrated(request_.parameters);
  operations_per_us_ = request_.operations_per_us;
  make_plan([this] { planned(); });  // While the workers start
}

void Trial::make_plan(std::function<void()> then) {
  PlanContext context;
  context.seed = request_.seed;
  context.operations_per_us = operations_per_us_;
  context.cancelled = &cancelled_;
  const auto started =
      off_loop_.run([this, context] { plan_.emplace(job_->plan(context)); }, std::move(then));
  if (!started) {
    fail(started.error());
  }
}

// With the workers ready and idle, so that nothing else runs; then the same plan with its result.
void Trial::calibrate() {
  uncalibrated_ = false;
  const auto started = off_loop_.run([this] { operations_per_us_ = calibrate_operations_per_us(); },
                                     [this] { make_plan([this] { planned_again(); }); });
  if (!started) {
    fail(started.error());
  }
}

void Trial::workers_ready(Status status) {
  if (error_) {
    return;  // The trial ends already.
  }
  if (!status) {
    fail(status.error());
    return;
  }
  workers_ready_ = true;
  open_when_prepared();
}

void Trial::planned() {
  if (error_) {
    cluster_.finish_trial(*error_);
    return;
  }
  if (!*plan_) {
    fail(plan_->error());
    return;
  }
  const Plan& plan = **plan_;
  shards_ = cut_shards(plan, request_.layout.processors());
  result_.units_expected = plan.units;
  result_.unit_noun = plan.unit_noun;
  result_.shards = shards_.size();
  if (observer_.placed) {
    observer_.placed(plan_placement(request_.layout), plan.units, shards_.size(), plan.unit_noun);
  }
  open_when_prepared();
}

void Trial::planned_again() {
  if (error_) {
    cluster_.finish_trial(*error_);
  } else if (!*plan_) {
    fail(plan_->error());
  } else {
    open_when_prepared();
  }
}

void Trial::open_when_prepared() {
  if (phase_ != Phase::kPreparing || error_ || !workers_ready_ || !plan_ || off_loop_.busy()) {
    return;
  }
  if (uncalibrated_) {
    calibrate();
    return;
  }
  std::uint64_t ready_ns = 0;
  for (const WorkerStatus& worker : cluster_.agent_->status()) {
    ready_ns = std::max(ready_ns, worker.ready_ns);
  }
  result_.launch_s = seconds_between(launched_ns_, ready_ns);
  if (observer_.ready) {
    observer_.ready(result_.launch_s);
  }
  phase_ = Phase::kOpening;
  log::debug("all workers are ready; opening the trial");
  const Plan& plan = **plan_;
  JobImage image;
  image.workload = request_.workload->name;
  image.parameters = {request_.parameters.all().begin(), request_.parameters.all().end()};
  image.seed = request_.seed;
  image.operations_per_us = operations_per_us_;
  image.slot_bytes = plan.slot_bytes;
  const std::uint64_t workers = std::uint64_t{request_.layout.hosts} * request_.layout.processes;
  image.fair_share = (plan.units + workers - 1) / workers;
  image.input = plan.input;
  std::vector<std::uint32_t> units;
  units.reserve(shards_.size());
  for (const ShardRange& shard : shards_) {
    units.push_back(shard.units);
  }
  if (auto opened = cluster_.agent_->open_trial(std::move(image), units); !opened) {
    fail(opened.error());
  }
}

void Trial::worker_opened() {
  if (phase_ != Phase::kOpening) {
    return;
  }
  const auto workers = cluster_.agent_->status();
  if (std::all_of(workers.begin(), workers.end(),
                  [](const WorkerStatus& worker) { return worker.state == WorkerState::kOpen; })) {
    start();
  }
}

void Trial::open_failed(const std::string& why) { fail({Exit::kFailed, why}); }

void Trial::start() {
  phase_ = Phase::kRunning;
  log::debug("all workers have opened the trial; start");
  CoreConfig config;
  config.workers_per_host = request_.layout.processes;
  config.processors_per_worker = request_.layout.threads;
  config.speculate = request_.speculate;
  config.unit_noun = singular(result_.unit_noun);
  core_ = std::make_unique<Core>(config, shards_);
  units_of_.assign(request_.layout.processes, 0);
  pieces_.reserve(shards_.size());
  for (const WorkerStatus& worker : cluster_.agent_->status()) {
    core_->step(now_ns(), event::WorkerReady{WorkerId{worker.worker}, worker.epoch}, actions_);
  }
  start_ns_ = now_ns();
  last_commit_ns_ = start_ns_;
  step(event::HostUp{kHost, kCredits});
}

void Trial::step(const Event& event) {
  if (!core_ || phase_ != Phase::kRunning) {
    return;
  }
  core_->step(now_ns(), event, actions_);
  apply(std::exchange(actions_, {}));
  if (phase_ == Phase::kRunning) {
    schedule_tick();
  }
}

void Trial::apply(const std::vector<Action>& actions) {
  for (const Action& action : actions) {
    std::visit([this](const auto& each) { do_action(each); }, action);
  }
}

void Trial::schedule_tick() {
  loop_.cancel(tick_timer_);
  const std::uint64_t due = core_->next_tick_ns();
  if (due != UINT64_MAX) {
    tick_timer_ = loop_.at(due, [this] { step(event::Tick{}); });
  }
}

void Trial::do_action(const action::Offer& offer) {
  std::vector<HostAgent::OfferedLease> leases;
  leases.reserve(offer.leases.size());
  for (const action::Lease& lease : offer.leases) {
    leases.push_back({key_of(lease.id), lease.range.first_unit, lease.range.units, lease.alone});
  }
  if (auto offered = cluster_.agent_->offer(leases); !offered) {
    fail(offered.error());
  }
}

void Trial::do_action(const action::Revoke& revoke) {
  cluster_.agent_->revoke(key_of(revoke.lease));
}

void Trial::do_action(const action::Commit& commit) {
  const auto found = finished_.find(packed(commit.lease));
  if (found == finished_.end()) {
    return;  // Told again: it is committed already.
  }
  const HostAgent::ResultView view = cluster_.agent_->commit(key_of(commit.lease));
  pieces_.push_back({commit.range.first_unit, commit.range.units, view.sums, view.slots});
  units_of_[found->second.worker] += commit.range.units;
  finished_.erase(found);
  last_commit_ns_ = now_ns();
}

void Trial::do_action(const action::Discard& discard) {
  finished_.erase(packed(discard.lease));
  cluster_.agent_->discard(key_of(discard.lease));
}

void Trial::do_action(const action::Fence& fence) {
  cluster_.agent_->fence(value_of(fence.worker), fence.epoch);
}

void Trial::do_action(const action::Restart& restart) {
  const auto workers = cluster_.agent_->status();
  const WorkerStatus& worker = workers[value_of(restart.worker)];
  if (worker.state != WorkerState::kDead || worker.epoch >= restart.epoch) {
    return;  // Told again
  }
  if (auto restarted = cluster_.agent_->restart(value_of(restart.worker), restart.epoch);
      !restarted) {
    fail(restarted.error());
  }
}

void Trial::do_action(const action::Finish& finish) {
  result_.failure = finish.failure;
  close(kLeaveNs);
}

void Trial::worker_ready(std::uint32_t place, Epoch epoch) {
  step(event::WorkerReady{WorkerId{place}, epoch});
}

void Trial::worker_ended(std::uint32_t place, Epoch epoch, const ExitInfo& how, bool by_strata,
                         std::span<const HeldLease> held, std::int64_t last_unit) {
  event::WorkerEnded ended{.worker = WorkerId{place},
                           .epoch = epoch,
                           .end = {how.signal, how.exit_code, by_strata},
                           .held = {},
                           .last_unit = last_unit};
  for (const HeldLease& lease : held) {
    ended.held.push_back(attempt_of(lease.key));
    held_since_.erase(packed(ended.held.back()));
  }
  step(ended);
}

void Trial::completed(std::span<const DoneLease> done) {
  event::Completed completed{.host = kHost, .completions = {}};
  completed.completions.reserve(done.size());
  for (const DoneLease& lease : done) {
    const ShardAttempt attempt = attempt_of(lease.key);
    finished_[packed(attempt)] = {lease.worker};
    held_since_.erase(packed(attempt));
    completed.completions.push_back({attempt, WorkerId{lease.worker}, lease.epoch, lease.took_ns});
  }
  step(completed);
}

void Trial::unit_threw(std::uint32_t place, Epoch epoch, LeaseKey lease, std::uint64_t unit,
                       const std::string& message) {
  step(event::UnitThrew{attempt_of(lease), WorkerId{place}, epoch, unit, message});
}

event::HostReport Trial::host_report() {
  const std::uint64_t now = now_ns();
  event::HostReport report{.host = kHost, .running = {}, .offered = {}, .idle_processors = 0};
  for (const HeldLease& lease : cluster_.agent_->book()->held()) {
    const ShardAttempt attempt = attempt_of(lease.key);
    const auto since = held_since_.try_emplace(packed(attempt), now).first->second;
    report.running.push_back({attempt, WorkerId{lease.worker}, now - since});
  }
  for (const LeaseKey& lease : cluster_.agent_->book()->unclaimed()) {
    report.offered.push_back(attempt_of(lease));
  }
  const std::uint32_t processors = request_.layout.processes * request_.layout.threads;
  const auto busy = static_cast<std::uint32_t>(report.running.size());
  report.idle_processors = processors > busy ? processors - busy : 0;
  return report;
}

void Trial::beats(std::span<const std::pair<std::uint32_t, Epoch>> workers) {
  if (phase_ != Phase::kRunning) {
    return;
  }
  for (const auto& [place, epoch] : workers) {
    step(event::Beat{WorkerId{place}, epoch});
  }
  if (phase_ == Phase::kRunning) {
    step(host_report());
  }
  if (phase_ == Phase::kRunning && observer_.progress) {
    observer_.progress(core_->counts().units_completed, core_->counts().units_expected,
                       seconds_between(start_ns_, now_ns()));
  }
}

void Trial::cancel(Error reason) {
  if (!error_) {
    fail(std::move(reason));
  }
}

// A fault that leaves no result. Workers leave the trial first where there is one.
void Trial::fail(Error error) {
  if (error_) {
    return;
  }
  error_ = std::move(error);
  cancelled_ = true;
  if (phase_ == Phase::kOpening || phase_ == Phase::kRunning) {
    close(0);
  } else if (phase_ == Phase::kPreparing && !off_loop_.busy()) {
    cluster_.finish_trial(*error_);
  }
  // Otherwise the work that is under way looks at cancelled_, and its end leads to finish_trial().
}

void Trial::close(std::uint64_t grace_ns) {
  if (phase_ == Phase::kRunning && !error_) {
    result_.makespan_s = seconds_between(start_ns_, last_commit_ns_);
    result_.pss_bytes = cluster_.agent_->pss_bytes();
  }
  phase_ = Phase::kClosing;
  loop_.cancel(tick_timer_);
  loop_.cancel(timeout_timer_);
  cluster_.agent_->close_trial(grace_ns);
}

void Trial::closed() {
  if (error_) {
    cluster_.agent_->release_trial();
    cluster_.finish_trial(*error_);
    return;
  }
  for (const WorkerStatus& worker : cluster_.agent_->status()) {
    result_.cpu_s += worker.cpu_s;
    result_.voluntary_switches += worker.voluntary_switches;
    result_.involuntary_switches += worker.involuntary_switches;
    result_.workers.push_back({.worker = worker.worker,
                               .host = cluster_.host_name(),
                               .pid = worker.pid,
                               .cpus = worker.cpus,
                               .os_threads = worker.os_threads,
                               .units = units_of_[worker.worker],
                               .restarts = core_->restarts(WorkerId{worker.worker})});
  }
  const CoreCounts& counts = core_->counts();
  result_.units_completed = counts.units_completed;
  result_.units_retried = counts.units_retried;
  result_.duplicates_discarded = counts.duplicates_discarded + cluster_.agent_->late_units();
  phase_ = Phase::kFinishing;
  const auto started = off_loop_.run([this] { finish(); }, [this] { report_result(); });
  if (!started) {
    error_ = started.error();
    cluster_.agent_->release_trial();
    cluster_.finish_trial(*error_);
  }
}

std::vector<Piece> Trial::pieces_in_order() const {
  std::vector<Piece> pieces = pieces_;
  std::sort(pieces.begin(), pieces.end(),
            [](const Piece& a, const Piece& b) { return a.first_unit < b.first_unit; });
  return pieces;
}

// On the other thread.
void Trial::finish() {
  const std::vector<Piece> pieces = pieces_in_order();
  Results results;
  results.pieces = pieces;
  results.makespan_s = result_.makespan_s;
  results.completed = result_.units_completed;
  for (const Piece& piece : pieces) {
    for (std::size_t i = 0; i < kSums; ++i) {
      results.sums[i] += piece.sums[i];
    }
  }
  const bool whole = result_.units_completed == result_.units_expected;
  std::string reference;
  if (whole) {
    reference = request_.reference ? request_.reference(*job_) : job_->reference();
  }
  result_.outcome = job_->finish(results, reference);
  if (!whole) {
    result_.outcome.check = Check::kFailed;
    result_.outcome.detail = result_.failure;
  }
}

void Trial::report_result() {
  cluster_.agent_->release_trial();
  if (error_) {
    cluster_.finish_trial(*error_);
  } else {
    cluster_.finish_trial(std::move(result_));
  }
}

}  // namespace strata
