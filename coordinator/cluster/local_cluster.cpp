#include "coordinator/cluster/local_cluster.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <csignal>
#include <cstring>
#include <utility>

#include "coordinator/cluster/running_trial.h"
#include "shared/base/check.h"
#include "shared/base/log.h"
#include "shared/os/clock.h"

namespace strata {
namespace {
// As CoreConfig::max_early_ends, for the time before there is a core.
constexpr std::uint32_t kMaxEarlyEnds = 5;
}  // namespace

std::string describe(const ExitInfo& how) {
  if (how.signal != 0) {
    const char* name = sigabbrev_np(how.signal);
    return name != nullptr ? "with SIG" + std::string(name)
                           : "with signal " + std::to_string(how.signal);
  }
  return "with exit status " + std::to_string(how.exit_code);
}

LocalCluster::LocalCluster(EventLoop& loop) : loop_(loop) {
  std::array<char, HOST_NAME_MAX + 1> name{};
  gethostname(name.data(), name.size() - 1);
  host_name_ = name.data();
}

Result<std::unique_ptr<LocalCluster>> LocalCluster::make(EventLoop& loop, Launcher& launcher,
                                                         int output_fd) {
  auto cluster = std::unique_ptr<LocalCluster>(new LocalCluster(loop));
  auto agent = launcher.launch(loop, output_fd, *cluster);
  if (!agent) {
    return agent.error();
  }
  cluster->agent_ = std::move(*agent);
  return cluster;
}

LocalCluster::~LocalCluster() = default;

bool LocalCluster::all_ready() const {
  const auto workers = agent_->status();
  return std::all_of(workers.begin(), workers.end(), [](const WorkerStatus& worker) {
    return worker.state != WorkerState::kStarting && worker.state != WorkerState::kDead;
  });
}

void LocalCluster::launch(const Layout& layout, std::function<void(Status)> ready) {
  STRATA_CHECK(on_ready_ == nullptr);
  on_ready_ = std::move(ready);
  Status status = Ok{};
  if (!up_ || layout != layout_) {
    agent_->stop();
    layout_ = layout;
    early_ends_.assign(layout.processes, 0);
    status = agent_->start(layout);
    up_ = static_cast<bool>(status);
  } else {
    for (const WorkerStatus& worker : agent_->status()) {
      if (status && worker.state == WorkerState::kDead) {
        status = agent_->restart(worker.worker, worker.epoch + 1);
      }
    }
  }
  // Answers come from the loop, also when there is nothing to wait for.
  loop_.at(now_ns(), [this, status] {
    if (on_ready_ != nullptr && (!status || all_ready())) {
      std::exchange(on_ready_, nullptr)(status);
    }
  });
}

void LocalCluster::launch_failed(const Error& error) {
  agent_->stop();
  up_ = false;
  if (on_ready_ != nullptr) {
    std::exchange(on_ready_, nullptr)(error);
  } else if (trial_) {
    trial_->workers_ready(error);
  } else {
    log::warn(error.message);
  }
}

void LocalCluster::run(TrialRequest request, TrialObserver observer, std::uint64_t launched_ns,
                       Done done) {
  STRATA_CHECK(trial_ == nullptr);
  on_done_ = std::move(done);
  const Layout layout = request.layout;
  trial_ = std::make_unique<Trial>(*this, std::move(request), std::move(observer), launched_ns);
  if (const Status possible = trial_->possible(); !possible) {
    trial_->cancel(possible.error());
    return;
  }
  launch(layout, [this](Status status) {
    if (trial_) {
      trial_->workers_ready(std::move(status));
    }
  });
  trial_->begin();
}

void LocalCluster::cancel(Error reason) {
  if (trial_) {
    trial_->cancel(std::move(reason));
  }
}

void LocalCluster::finish_trial(Result<RunResult> result) {
  // Later: the caller is a member of the trial that ends here.
  loop_.at(now_ns(), [this, result = std::move(result)]() mutable {
    trial_.reset();
    on_ready_ = nullptr;
    std::exchange(on_done_, nullptr)(std::move(result));
  });
}

void LocalCluster::worker_ready(std::uint32_t place, Epoch epoch) {
  log::debug("worker " + std::to_string(place) + " (epoch " + std::to_string(epoch) + ") is ready");
  early_ends_[place] = 0;
  if (LiveCore* core = trial_ ? trial_->core() : nullptr) {
    core->worker_ready(place, epoch);
  }
  if (on_ready_ != nullptr && all_ready()) {
    std::exchange(on_ready_, nullptr)(Ok{});
  }
}

void LocalCluster::worker_opened(std::uint32_t /*place*/, Epoch /*epoch*/) {
  if (trial_) {
    trial_->worker_opened();
  }
}

void LocalCluster::open_failed(std::uint32_t /*place*/, const std::string& why) {
  const bool starting = on_ready_ != nullptr;
  if (starting) {
    launch_failed({Exit::kMachine, why});
  } else if (trial_) {
    trial_->open_failed(why);
  }
}

void LocalCluster::worker_ended(const WorkerEnd& end) {
  log::info("worker " + std::to_string(end.place) + " (epoch " + std::to_string(end.epoch) +
            ") ended " + describe(end.how));
  if (LiveCore* core = trial_ ? trial_->core() : nullptr) {
    core->worker_ended(end);
  } else {
    replace(end.place, end.epoch, end.how);
  }
}

void LocalCluster::replace(std::uint32_t place, Epoch epoch, const ExitInfo& how) {
  if (++early_ends_[place] > kMaxEarlyEnds) {
    launch_failed({Exit::kFailed, "worker " + std::to_string(place) + " ended " + describe(how) +
                                      " " + std::to_string(kMaxEarlyEnds + 1) +
                                      " times before it was ready; see what it printed above"});
    return;
  }
  if (auto restarted = agent_->restart(place, epoch + 1); !restarted) {
    launch_failed(restarted.error());
  }
}

void LocalCluster::completed(std::span<const DoneLease> done) {
  if (LiveCore* core = trial_ ? trial_->core() : nullptr) {
    core->completed(done);
  }
}

void LocalCluster::unit_threw(std::uint32_t place, Epoch epoch, LeaseKey lease, std::uint64_t unit,
                              const std::string& message) {
  if (LiveCore* core = trial_ ? trial_->core() : nullptr) {
    core->unit_threw(place, epoch, lease, unit, message);
  }
}

void LocalCluster::beats(std::span<const std::pair<std::uint32_t, Epoch>> workers) {
  if (trial_) {
    trial_->beats(workers);
  }
}

void LocalCluster::trial_closed() {
  if (trial_) {
    trial_->closed();
  }
}

}  // namespace strata
