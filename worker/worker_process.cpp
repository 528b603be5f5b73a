#include "worker/worker_process.h"

#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "shared/os/clock.h"
#include "shared/os/process.h"
#include "shared/sync/event_count.h"
#include "worker/executors/executors.h"
#include "worker/outbox.h"
#include "worker/shard_source.h"

namespace strata {
namespace {

// While a trial is open. The agent looks as often (shared/host/agent.cpp).
constexpr std::chrono::milliseconds kBeatEvery{100};

struct UsageNow {
  std::uint64_t cpu_ns = 0;
  std::uint64_t voluntary = 0;
  std::uint64_t involuntary = 0;
};

UsageNow usage_now() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto ns = [](const timeval& time) {
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000U +
           static_cast<std::uint64_t>(time.tv_usec) * 1'000U;
  };
  return {ns(usage.ru_utime) + ns(usage.ru_stime), static_cast<std::uint64_t>(usage.ru_nvcsw),
          static_cast<std::uint64_t>(usage.ru_nivcsw)};
}

// Relaxed throughout: read by the agent after a report, whose ring orders them, or after death.
void store(Usage& place, const UsageNow& now, const UsageNow& since) {
  place.cpu_ns.store(now.cpu_ns - since.cpu_ns, std::memory_order_relaxed);
  place.voluntary_switches.store(now.voluntary - since.voluntary, std::memory_order_relaxed);
  place.involuntary_switches.store(now.involuntary - since.involuntary, std::memory_order_relaxed);
}

Report of_kind(Report::Kind kind) {
  Report report;
  report.kind = kind;
  return report;
}

ExecutorConfig config_of(const HostPage& host, std::uint32_t place) {
  ExecutorConfig config;
  config.threads = host.threads;
  config.in_flight = host.in_flight;
  config.wait = Wait{host.wait};
  config.gil_interval = std::chrono::microseconds(host.gil_interval_us);
  config.gil_release_compute = host.gil_release_compute != 0;
  if (Pin{host.pin} != Pin::kNone) {
    for (std::uint32_t t = 0; t < host.threads; ++t) {
      config.carrier_cpus.push_back(host.cpus[(place * host.threads + t) % host.cpu_count]);
    }
  }
  return config;
}

// The executor's first carrier: a thread that runs one trial after another.
class FirstCarrier {
 public:
  FirstCarrier(std::unique_ptr<Executor> executor, WorkerPage& page, Outbox& outbox)
      : executor_(std::move(executor)), page_(page), outbox_(outbox), thread_([this] { live(); }) {}
  ~FirstCarrier() {
    run(nullptr);
    thread_.join();
  }
  FirstCarrier(const FirstCarrier&) = delete;
  FirstCarrier& operator=(const FirstCarrier&) = delete;

  // Null ends the thread.
  void run(std::unique_ptr<ShardSource> source) {
    {
      const std::lock_guard lock(mutex_);
      next_ = std::move(source);
      has_next_ = true;
      // Relaxed: only decides whether the control thread, the caller, beats.
      in_trial_.store(next_ != nullptr, std::memory_order_relaxed);
    }
    changed_.notify_one();
  }
  [[nodiscard]] bool in_trial() const { return in_trial_.load(std::memory_order_relaxed); }

 private:
  void live() {
    while (auto source = take()) {
      executor_->run(*source);
      store(page_.during, usage_now(), before_);
      page_.during.os_threads.store(executor_->peak_os_threads(), std::memory_order_relaxed);
      source.reset();
      // Relaxed: as in run().
      in_trial_.store(false, std::memory_order_relaxed);
      outbox_.send(of_kind(Report::Kind::kClosed));
    }
  }
  std::unique_ptr<ShardSource> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return has_next_; });
    has_next_ = false;
    if (next_) {
      before_ = usage_now();
      store(page_.before, before_, {});
      outbox_.send(of_kind(Report::Kind::kOpened));
    }
    return std::move(next_);
  }

  const std::unique_ptr<Executor> executor_;
  WorkerPage& page_;
  Outbox& outbox_;
  UsageNow before_;
  std::atomic<bool> in_trial_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::unique_ptr<ShardSource> next_;  // GUARDED_BY(mutex_)
  bool has_next_ = false;              // GUARDED_BY(mutex_)
  std::thread thread_;
};

void open(const WorkerIdentity& self, const Command& command, Wait wait, Outbox& outbox,
          FirstCarrier& carrier) {
  self.page->units_done.store(0, std::memory_order_relaxed);
  auto source = ShardSource::open(
      self, command, wait,
      [&outbox](std::uint32_t shard, Attempt attempt, std::uint64_t unit, std::string_view text) {
        Report report = of_kind(Report::Kind::kThrew);
        report.shard = shard;
        report.attempt = attempt;
        report.unit = unit;
        outbox.send(report, text);
      });
  if (!source) {
    outbox.send(of_kind(Report::Kind::kOpenFailed), source.error().message);
    return;
  }
  carrier.run(std::move(*source));
}

}  // namespace

Result<Mapping> map_pages() {
  auto one = Mapping::map(kSegmentFd, 0, pages_bytes(0));
  if (!one) {
    return one;
  }
  const HostPage& host = host_page(one->data());
  if (host.magic != kHostMagic || host.workers > kMaxWorkersOfHost) {
    return Error{Exit::kUsage,
                 "strata-worker is started by strata, not by hand; see strata --help"};
  }
  return Mapping::map(kSegmentFd, 0, pages_bytes(host.workers));
}

int run_worker(std::uint32_t place, Mapping pages) {
  const HostPage& host = host_page(pages.data());
  die_with_parent(host.agent_pid);
  WorkerPage& page = worker_page(pages.data(), place);
  const WorkerIdentity self{.place = place, .epoch = page.epoch, .page = &page};
  const Wait wait{host.wait};
  Outbox outbox(page);
  SlotRing<Command, 8>::Consumer commands(page.commands);
  std::unique_ptr<FirstCarrier> carrier;
  try {
    auto executor = make_executor(host.executor.data(), config_of(host, place));
    if (!executor) {
      outbox.send(of_kind(Report::Kind::kOpenFailed),
                  "strata-worker has no such executor; build strata and strata-worker again");
      return static_cast<int>(Exit::kMachine);
    }
    carrier = std::make_unique<FirstCarrier>(std::move(executor), page, outbox);
  } catch (const std::exception& error) {
    outbox.send(of_kind(Report::Kind::kOpenFailed),
                std::string("cannot make the carriers of a worker: ") + error.what() +
                    "; look at the limits on processes and memory (ulimit -u, -v), or ask for "
                    "fewer threads");
    return static_cast<int>(Exit::kMachine);
  }
  // Relaxed: read after the report.
  page.ready_ns.store(now_ns(), std::memory_order_relaxed);
  outbox.send(of_kind(Report::Kind::kReady));

  EventCount bell(page.command_bell, Wait::kPark);
  for (;;) {
    const std::uint32_t ticket = bell.ticket();
    Command command;
    if (commands.pop(command)) {
      if (command.kind == Command::Kind::kQuit) {
        return 0;
      }
      if (command.kind == Command::Kind::kOpen) {
        open(self, command, wait, outbox, *carrier);
        page.beat.fetch_add(1, std::memory_order_relaxed);
      }
      continue;
    }
    if (carrier->in_trial()) {
      page.beat.fetch_add(1, std::memory_order_relaxed);  // A count, nothing rides on it.
      bell.wait_for(ticket, kBeatEvery);
    } else {
      bell.wait(ticket);
    }
  }
}

}  // namespace strata
