#include "worker/measure/measure.h"

#include <algorithm>
#include <string>

#include "shared/host/measure_board.h"
#include "shared/host/pages.h"
#include "shared/os/clock.h"
#include "shared/os/process.h"
#include "worker/executors/executors.h"
#include "worker/measure/measured_job.h"
#include "worker/measure/one_lease.h"

namespace strata {
namespace {

ExecutorConfig config_of(const MeasureBoard& board, std::uint32_t place) {
  ExecutorConfig config;
  config.threads = board.threads;
  config.in_flight = board.in_flight;
  for (std::uint32_t i = 0; i < board.cpu_count; ++i) {
    config.carrier_cpus.push_back(board.cpus[(place + i) % board.cpu_count]);
  }
  return config;
}

class Subject {
 public:
  Subject(MeasureBoard& board, std::uint32_t place, Executor& executor)
      : board_(board), place_(place), executor_(executor) {}

  // Empty, or why not.
  std::string answer() {
    switch (board_.question) {
      case Question::kCreate:
        return board_.processes != 0 ? once() : create();
      case Question::kSwitch:
        return take_turns();
      case Question::kMemory:
        return board_.processes != 0 ? once() : memory();
      case Question::kParallel:
        return board_.processes != 0 ? once() : parallel();
      case Question::kBlock:
        return block();
      case Question::kWake:
      case Question::kCrash:
        return once();
    }
    return "there is no such question";
  }

 private:
  std::string once() {
    const MeasuredJob job(board_);
    OneLease source(job, place_, board_.processes != 0 ? 1 : board_.units,
                    board_.question != Question::kCreate);
    executor_.run(source);
    return source.failure();
  }

  std::string create() {
    const MeasuredJob job(board_);
    OneLease source(job, 0, board_.units, false);
    for (std::uint32_t round = 0; round <= board_.rounds; ++round) {
      source.rewind();
      const std::uint64_t began = now_ns();
      executor_.run(source);
      const std::uint64_t ended = now_ns();
      if (round > 0) {  // The first one warms up.
        board_.add_sample(static_cast<double>(ended - began) / board_.units);
      }
    }
    return source.failure();
  }

  std::string take_turns() {
    const std::string failure = once();
    if (place_ == 0 && failure.empty() && board_.processes == 0) {
      board_.add_turns();
    }
    return failure;
  }

  std::string memory() {
    // One unit alone first: what is loaded and made once is not the units' price.
    const std::uint32_t units = board_.units;
    board_.units = 1;
    std::uint64_t before = 0;
    for (const std::uint32_t count : {1U, units}) {
      board_.units = count;
      board_.arrived.store(0, std::memory_order_relaxed);
      const MeasuredJob job(board_);
      OneLease source(job, 0, count, true);
      executor_.run(source);
      if (!source.failure().empty()) {
        return source.failure();
      }
      const std::uint64_t pss = job.parked_pss_bytes();
      if (count != 1) {
        board_.add_sample(pss > before ? static_cast<double>(pss - before) / (count - 1) : 0);
      }
      before = pss;
    }
    return {};
  }

  std::string parallel() {
    for (std::uint32_t round = 0; round < board_.rounds; ++round) {
      board_.began_ns.store(0, std::memory_order_relaxed);
      if (std::string failure = once(); !failure.empty()) {
        return failure;
      }
      board_.add_parallel();
    }
    return {};
  }

  // Of processes one sample, which the coordinator reads.
  std::string block() {
    if (board_.processes != 0) {
      return once();
    }
    for (std::uint32_t round = 0; round < board_.rounds; ++round) {
      board_.arrived.store(0, std::memory_order_relaxed);
      board_.block_over.store(0, std::memory_order_relaxed);
      if (std::string failure = once(); !failure.empty()) {
        return failure;
      }
      board_.add_block();
    }
    return {};
  }

  MeasureBoard& board_;
  const std::uint32_t place_;
  Executor& executor_;
};

}  // namespace

Result<Mapping> map_board() { return Mapping::map(kSegmentFd, 0, sizeof(MeasureBoard)); }

int run_measured(std::uint32_t place, Mapping mapping) {
  auto& board = *reinterpret_cast<MeasureBoard*>(mapping.data());
  if (board.magic != kBoardMagic) {
    return static_cast<int>(Exit::kUsage);
  }
  die_with_parent(board.coordinator_pid);
  const auto executor = make_executor(board.executor.data(), config_of(board, place));
  std::string error = "strata and strata-worker differ; install the same version of both";
  if (executor) {
    error = Subject(board, place, *executor).answer();
  }
  if (!error.empty()) {
    error.resize(std::min(error.size(), board.error.size() - 1));
    std::copy(error.begin(), error.end(), board.error.begin());
    return static_cast<int>(Exit::kFailed);
  }
  return 0;
}

}  // namespace strata
