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

namespace strata {
namespace {

// How long workers may take to leave a trial that is over: a copy of a long unit is not waited for.
constexpr std::uint64_t kLeaveNs = 250'000'000;

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

std::uint32_t copies_of(const Plan& plan, const Layout& layout) {
  return plan.group != 0 ? layout.hosts * layout.processes : 1;
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
      agent_(*cluster.agent_),
      job_(request_.workload->make(request_.parameters)),
      preparation_(loop_, *job_, request_, cancelled_,
                   {.planned = [this](const Plan& plan) { planned(plan); },
                    .prepared = [this] { open(); },
                    .failed = [this](Error error) { fail(std::move(error)); }}),
      off_loop_(loop_) {
  result_.run = make_run_id();
  result_.workload = request_.workload->name;
  result_.parameters = request_.parameters.all();
  result_.layout = request_.layout;
  result_.seed = request_.seed;
}

Trial::~Trial() {
  cancelled_ = true;
  loop_.cancel(timeout_timer_);
}

Status Trial::possible() const {
  return check_group(request_.workload->name, job_->group(), request_.layout);
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
  preparation_.begin();  // While the workers start
}

void Trial::workers_ready(Status status) {
  if (error_) {
    return;  // The trial ends already.
  }
  if (status) {
    preparation_.workers_ready();
  } else {
    fail(status.error());
  }
}

void Trial::planned(const Plan& plan) {
  const std::uint32_t copies = copies_of(plan, request_.layout);
  shards_ =
      plan.group != 0 ? cut_copies(plan, copies) : cut_shards(plan, request_.layout.processors());
  result_.units_expected = plan.units * copies;
  result_.unit_noun = plan.unit_noun;
  result_.shards = shards_.size();
  if (observer_.placed) {
    observer_.placed(plan_placement(request_.layout), result_.units_expected, shards_.size(),
                     plan.unit_noun);
  }
}

void Trial::open() {
  std::uint64_t ready_ns = 0;
  for (const WorkerStatus& worker : agent_.status()) {
    ready_ns = std::max(ready_ns, worker.ready_ns);
  }
  result_.launch_s = seconds_between(launched_ns_, ready_ns);
  if (observer_.ready) {
    observer_.ready(result_.launch_s);
  }
  log::debug("all workers are ready; opening the trial");
  const Plan& plan = preparation_.plan();
  JobImage image;
  image.workload = request_.workload->name;
  image.parameters = {request_.parameters.all().begin(), request_.parameters.all().end()};
  image.seed = request_.seed;
  image.operations_per_us = preparation_.operations_per_us();
  image.slot_bytes = plan.slot_bytes;
  image.group = plan.group != 0;
  const std::uint64_t workers = std::uint64_t{request_.layout.hosts} * request_.layout.processes;
  image.fair_share = (result_.units_expected + workers - 1) / workers;
  image.input = plan.input;
  std::vector<std::uint32_t> units;
  units.reserve(shards_.size());
  for (const ShardRange& shard : shards_) {
    units.push_back(shard.units);
  }
  if (auto opened = agent_.open_trial(std::move(image), units); !opened) {
    fail(opened.error());
    return;
  }
  phase_ = Phase::kOpening;
}

void Trial::worker_opened() {
  if (phase_ != Phase::kOpening) {
    return;
  }
  const auto workers = agent_.status();
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
  if (preparation_.plan().group != 0) {
    config.speculate = false;  // A worker carries one copy.
    config.max_culprits = 1;   // What is left of a group without one of its units cannot run.
  }
  config.unit_noun = singular(result_.unit_noun);
  core_ = std::make_unique<LiveCore>(
      loop_, agent_, config, shards_,
      LiveCore::Told{.finished =
                         [this](std::string failure) {
                           result_.failure = std::move(failure);
                           close(kLeaveNs);
                         },
                     .failed = [this](Error error) { fail(std::move(error)); }});
  core_->start();
}

void Trial::beats(std::span<const std::pair<std::uint32_t, Epoch>> workers) {
  if (phase_ != Phase::kRunning) {
    return;
  }
  core_->beats(workers);
  if (core_->running() && observer_.progress) {
    observer_.progress(core_->counts().units_completed, core_->counts().units_expected,
                       core_->elapsed_s());
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
  } else if (phase_ == Phase::kPreparing) {
    preparation_.end_early([this] { cluster_.finish_trial(*error_); });
  }
  // Otherwise it is ending already: closed() and report_result() look at error_.
}

void Trial::close(std::uint64_t grace_ns) {
  if (phase_ == Phase::kRunning && !error_) {
    result_.makespan_s = core_->makespan_s();
    result_.pss_bytes = agent_.pss_bytes();
  }
  phase_ = Phase::kClosing;
  if (core_) {
    core_->stop();
  }
  loop_.cancel(timeout_timer_);
  agent_.close_trial(grace_ns);
}

void Trial::closed() {
  if (error_) {
    agent_.release_trial();
    cluster_.finish_trial(*error_);
    return;
  }
  for (const WorkerStatus& worker : agent_.status()) {
    result_.cpu_s += worker.cpu_s;
    result_.voluntary_switches += worker.voluntary_switches;
    result_.involuntary_switches += worker.involuntary_switches;
    result_.workers.push_back({.worker = worker.worker,
                               .host = cluster_.host_name(),
                               .pid = worker.pid,
                               .cpus = worker.cpus,
                               .os_threads = worker.os_threads,
                               .units = core_->units_of(worker.worker),
                               .restarts = core_->restarts(worker.worker)});
  }
  const CoreCounts& counts = core_->counts();
  result_.units_completed = counts.units_completed;
  result_.units_retried = counts.units_retried;
  result_.duplicates_discarded = counts.duplicates_discarded + agent_.late_units();
  phase_ = Phase::kFinishing;
  const auto started = off_loop_.run([this] { finish(); }, [this] { report_result(); });
  if (!started) {
    error_ = started.error();
    agent_.release_trial();
    cluster_.finish_trial(*error_);
  }
}

// On the other thread.
void Trial::finish() {
  const std::vector<Piece> pieces = core_->pieces_in_order();
  Results results;
  results.pieces = pieces;
  results.makespan_s = result_.makespan_s;
  results.completed = result_.units_completed;
  results.copies = copies_of(preparation_.plan(), request_.layout);
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
  agent_.release_trial();
  if (error_) {
    cluster_.finish_trial(*error_);
  } else {
    cluster_.finish_trial(std::move(result_));
  }
}

}  // namespace strata
