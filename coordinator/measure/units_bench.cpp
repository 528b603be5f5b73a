#include "coordinator/measure/units_bench.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <new>

#include "shared/base/check.h"
#include "shared/host/pages.h"
#include "shared/os/clock.h"
#include "shared/sync/futex.h"

namespace strata {
namespace {

// A subject takes a second at most; this only ends one that hangs.
constexpr std::uint64_t kPatienceMs = 30'000;

Error no_answer() {
  return {Exit::kFailed,
          "units: a subject did not answer within 30 s; is this machine overloaded? try again, or "
          "fewer rows with --only"};
}

}  // namespace

Result<UnitsBench> UnitsBench::make(std::string program) {
  Result<Segment> segment = Segment::create("strata-units");
  if (!segment) {
    return segment.error();
  }
  if (Status grown = segment->grow(round_to_page(sizeof(MeasureBoard))); !grown) {
    return grown.error();
  }
  Result<Mapping> mapping = segment->map(0, round_to_page(sizeof(MeasureBoard)));
  if (!mapping) {
    return mapping.error();
  }
  return UnitsBench(std::move(program), std::move(*segment), std::move(*mapping));
}

MeasureBoard& UnitsBench::lay(const UnitKind& kind, Question question) {
  MeasureBoard& board = *new (mapping_.data()) MeasureBoard{};
  board.magic = kBoardMagic;
  board.coordinator_pid = getpid();
  board.question = question;
  STRATA_CHECK(kind.executor.size() < board.executor.size(), kind.executor);
  std::copy(kind.executor.begin(), kind.executor.end(), board.executor.begin());
  board.threads = 1;
  board.units = 1;
  board.rounds = 1;
  board.turns = 1;
  board.processes = kind.processes ? 1 : 0;
  board.holds_lock = kind.locked ? 1 : 0;
  return board;
}

Result<std::vector<ChildProcess>> UnitsBench::start(const UnitKind& kind, std::uint32_t count) {
  std::vector<ChildProcess> processes;
  processes.reserve(count);
  if (!kind.zygote) {
    for (std::uint32_t place = 0; place < count; ++place) {
      SpawnPlan plan;
      plan.program = program_;
      plan.arguments = {"measured", std::to_string(place)};
      plan.descriptors = {{segment_.fd(), kSegmentFd}};
      Result<ChildProcess> made = spawn(plan);
      if (!made) {
        return made.error();
      }
      processes.push_back(std::move(*made));
    }
    return processes;
  }
  if (!zygote_) {
    auto made = ZygoteClient::start(program_, segment_.fd(), segment_.fd(), STDERR_FILENO,
                                    "measured-zygote");
    if (!made) {
      return made.error();
    }
    zygote_ = std::move(*made);
  }
  Result<std::vector<pid_t>> pids = zygote_->make_workers({0, count, 0});
  if (!pids) {
    return pids.error();
  }
  for (const pid_t pid : *pids) {
    if (pid <= 0) {
      return system_error(Exit::kMachine,
                          "units: the zygote cannot make another process; raise the limit on "
                          "processes (ulimit -u)",
                          -pid);
    }
    Result<ChildProcess> made = ChildProcess::adopt(pid);
    if (!made) {
      return made.error();
    }
    processes.push_back(std::move(*made));
  }
  return processes;
}

Status UnitsBench::wait_for_arrivals(std::uint32_t count) {
  const std::uint64_t deadline = now_ns() + kPatienceMs * 1'000'000;
  std::atomic<std::uint32_t>& arrived = board().arrived;
  std::uint32_t there = 0;
  // Acquire: pairs with the release of those that arrive.
  while ((there = arrived.load(std::memory_order_acquire)) < count) {
    const std::uint64_t now = now_ns();
    if (now >= deadline) {
      return no_answer();
    }
    futex_wait(arrived, there, deadline - now);
  }
  return Ok{};
}

void UnitsBench::let_go() {
  board().go.store(1, std::memory_order_release);  // Pairs with the subjects' acquire.
  futex_wake_all(board().go);
}

Result<ExitInfo> UnitsBench::wait(ChildProcess& process) {
  pollfd ended{.fd = process.pidfd(), .events = POLLIN, .revents = 0};
  int ready = 0;
  do {
    ready = poll(&ended, 1, static_cast<int>(kPatienceMs));
  } while (ready < 0 && errno == EINTR);
  if (ready <= 0) {
    return no_answer();
  }
  const std::optional<ExitInfo> info = process.reap(true);
  return info ? Result<ExitInfo>(*info) : Result<ExitInfo>(no_answer());
}

Error UnitsBench::failure(const ExitInfo& ended) {
  board().error.back() = '\0';
  if (const std::string told = board().error.data(); !told.empty()) {
    return {Exit::kMachine, "units: " + told};
  }
  return {Exit::kFailed,
          ended.signal != 0
              ? "units: strata-worker was ended by signal " + std::to_string(ended.signal) +
                    "; is there enough memory? (strata doctor)"
              : "units: strata-worker ended with status " + std::to_string(ended.exit_code) +
                    "; install strata and strata-worker of one version"};
}

Status UnitsBench::finish(std::vector<ChildProcess>& processes) {
  for (ChildProcess& process : processes) {
    const Result<ExitInfo> ended = wait(process);
    if (!ended) {
      return ended.error();
    }
    if (ended->signal != 0 || ended->exit_code != 0) {
      return failure(*ended);
    }
  }
  return Ok{};
}

Status UnitsBench::run(const UnitKind& kind, std::uint32_t count) {
  Result<std::vector<ChildProcess>> processes = start(kind, count);
  return processes ? finish(*processes) : Status(processes.error());
}

Result<std::vector<double>> UnitsBench::samples() {
  const std::uint32_t count = sample_count();
  if (count == 0) {
    return Error{Exit::kFailed,
                 "units: strata-worker brought no samples; install strata and strata-worker of one "
                 "version"};
  }
  return std::vector<double>(board().sample.begin(), board().sample.begin() + count);
}

std::vector<double> UnitsBench::second_samples() {
  return {board().second_sample.begin(), board().second_sample.begin() + sample_count()};
}

std::uint32_t UnitsBench::sample_count() {
  // Relaxed: its writer has ended.
  return std::min<std::uint32_t>(board().samples.load(std::memory_order_relaxed), kMostSamples);
}

}  // namespace strata
