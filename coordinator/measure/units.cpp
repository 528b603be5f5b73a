#include "coordinator/measure/units.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>

#include "coordinator/measure/units_bench.h"
#include "shared/host/agent.h"
#include "shared/os/clock.h"
#include "shared/os/text_file.h"
#include "shared/stats/summary.h"

namespace strata {
namespace {

constexpr std::array<UnitKind, 6> kKinds{{
    {"spawn", "process (spawn)", "serial", true, false, true, false, false},
    {"zygote", "process (zygote)", "serial", true, true, true, false, false},
    {"thread", "thread", "threads", false, false, true, false, false},
    {"green", "green thread", "green", false, false, false, true, false},
    {"coroutine", "coroutine", "coroutine", false, false, false, true, false},
    {"gil", "under the GIL", "gil", false, false, true, false, true},
}};

constexpr std::uint32_t kRepeats = 5;  // Of what takes a process each, or tens of milliseconds
constexpr std::uint32_t kProcessesMade = 20;
constexpr std::uint32_t kProcessesParked = 32;
// Made and joined in a row, as many alive at most; what a program does that has a bound.
constexpr std::uint32_t kThreadsAlive = 64;
constexpr std::uint32_t kThreadsMade = 256;
constexpr std::uint32_t kThreadsParked = 501;
constexpr std::uint32_t kManyMade = 10'000;
// Enough for slabs and tables, which come in pieces, to weigh little.
constexpr std::uint32_t kGreenParked = 10'001;
constexpr std::uint32_t kCoroutinesParked = 200'001;
constexpr std::uint64_t kComputeNs = 60'000'000;
constexpr std::uint64_t kBlockNs = 20'000'000;

// The questions about one kind, in order. Each fills its part of the figures.
class Asking {
 public:
  Asking(UnitsBench& bench, const UnitKind& kind, const MachineFacts& machine, UnitFigures& figures)
      : bench_(bench), kind_(kind), machine_(machine), figures_(figures) {}

  Status create() {
    if (kind_.processes) {
      for (std::uint32_t i = 0; i <= kProcessesMade; ++i) {
        bench_.lay(kind_, Question::kCreate);
        const std::uint64_t began = now_ns();
        if (Status ran = bench_.run(kind_, 1); !ran) {
          return ran;
        }
        if (i > 0) {  // The first one warms up.
          figures_.create_join_ns.push_back(static_cast<double>(now_ns() - began));
        }
      }
      return Ok{};
    }
    MeasureBoard& board = bench_.lay(kind_, Question::kCreate);
    board.units = kind_.many ? kManyMade : kThreadsMade;
    board.in_flight = kind_.many ? 0 : kThreadsAlive;
    board.rounds = kProcessesMade;
    return ask(figures_.create_join_ns);
  }

  Status take_turns() {
    MeasureBoard& board = two_on_one_cpu(Question::kSwitch);
    board.rounds = 40;
    board.turns = kind_.many ? 32'768 : 512;
    if (kind_.locked) {
      board.rounds = 20;
      board.turns = 1;
    }
    if (Status ran = bench_.run(kind_, processes(2)); !ran) {
      return ran;
    }
    if (kind_.processes) {
      board.add_turns();
    }
    return take(figures_.switch_ns);
  }

  Status wake(bool asleep) {
    if (machine_.usable.affinity.size() < 2) {
      return Ok{};
    }
    MeasureBoard& board = bench_.lay(kind_, Question::kWake);
    pin(board, 2);
    board.threads = 2;
    board.units = kind_.processes ? 2 : 3;
    board.in_flight = board.units;
    board.rounds = 200;
    board.variant = asleep ? 1 : 0;
    if (Status ran = bench_.run(kind_, processes(2)); !ran) {
      return ran;
    }
    return take(asleep ? figures_.wake_asleep_ns : figures_.wake_ns);
  }

  Status memory() {
    for (std::uint32_t repeat = 0; repeat < kRepeats; ++repeat) {
      if (Status asked = kind_.processes ? memory_of_processes() : memory_of_units(); !asked) {
        return asked;
      }
    }
    const double bytes = median_of(figures_.parked_bytes);
    figures_.fit = fit_of(kind_, bytes, machine_,
                          static_cast<std::uint64_t>(std::max<std::int64_t>(
                              0, read_integer("/proc/sys/vm/max_map_count").value_or(0))));
    return Ok{};
  }

  Status parallel() {
    const auto lay = [this]() -> MeasureBoard& {
      MeasureBoard& board = bench_.lay(kind_, Question::kParallel);
      pin(board, 2);
      board.threads = 2;
      board.in_flight = board.units = 2;
      board.rounds = kRepeats;
      board.duration_ns = kComputeNs;
      return board;
    };
    if (!kind_.processes) {
      lay();
      Status ran = bench_.run(kind_, 1);
      return ran ? take_parallel() : ran;
    }
    for (std::uint32_t repeat = 0; repeat < kRepeats; ++repeat) {
      MeasureBoard& board = lay();
      Result<std::vector<ChildProcess>> processes = bench_.start(kind_, 2);
      if (!processes) {
        return processes.error();
      }
      if (Status there = bench_.wait_for_arrivals(2); !there) {
        return there;
      }
      bench_.let_go();
      if (Status ended = bench_.finish(*processes); !ended) {
        return ended;
      }
      board.add_parallel();
      if (Status taken = take_parallel(); !taken) {
        return taken;
      }
    }
    return Ok{};
  }

  Status block(bool told) {
    std::vector<double>& into = told ? figures_.others_ran_told : figures_.others_ran;
    for (std::uint32_t repeat = 0; repeat < (kind_.processes ? kRepeats : 1); ++repeat) {
      MeasureBoard& board = two_on_one_cpu(Question::kBlock);
      board.rounds = kRepeats;
      board.duration_ns = kBlockNs;
      board.variant = told ? 1 : 0;
      if (Status ran = bench_.run(kind_, processes(2)); !ran) {
        return ran;
      }
      if (kind_.processes) {
        board.add_block();
      }
      if (Status taken = take(into); !taken) {
        return taken;
      }
    }
    return Ok{};
  }

  Status crash() {
    constexpr std::uint32_t kUnits = 4;
    MeasureBoard& board = bench_.lay(kind_, Question::kCrash);
    board.in_flight = board.units = kUnits;
    Result<std::vector<ChildProcess>> started = bench_.start(kind_, processes(kUnits));
    if (!started) {
      return started.error();
    }
    const Result<ExitInfo> crashed = bench_.wait((*started)[kind_.processes ? 1 : 0]);
    if (!crashed) {
      return crashed.error();
    }
    bench_.let_go();
    for (ChildProcess& process : *started) {
      if (process) {
        if (const Result<ExitInfo> ended = bench_.wait(process); !ended) {
          return ended.error();
        }
      }
    }
    CrashSeen seen{.others = kUnits - 1, .survived = 0, .signal = crashed->signal};
    for (const UnitNote& note : board.notes) {
      seen.survived += note.done.load(std::memory_order_relaxed);  // Their writers have ended.
    }
    figures_.crash = seen;
    return Ok{};
  }

 private:
  [[nodiscard]] std::uint32_t processes(std::uint32_t units) const {
    return kind_.processes ? units : 1;
  }
  void pin(MeasureBoard& board, std::size_t most) const {
    const std::vector<int> cpus = spread_order(machine_.usable.affinity);
    board.cpu_count = static_cast<std::uint32_t>(std::min(most, cpus.size()));
    std::copy_n(cpus.begin(), board.cpu_count, board.cpus.begin());
  }
  MeasureBoard& two_on_one_cpu(Question question) {
    MeasureBoard& board = bench_.lay(kind_, question);
    pin(board, 1);
    board.in_flight = board.units = 2;
    return board;
  }
  Status take(std::vector<double>& into) {
    const Result<std::vector<double>> samples = bench_.samples();
    if (!samples) {
      return samples.error();
    }
    into.insert(into.end(), samples->begin(), samples->end());
    return Ok{};
  }
  Status take_parallel() {
    const std::vector<double> beside = bench_.second_samples();
    figures_.computed_beside.insert(figures_.computed_beside.end(), beside.begin(), beside.end());
    return take(figures_.cpu_per_wall);
  }
  // What one process answers by itself.
  Status ask(std::vector<double>& into) {
    Status ran = bench_.run(kind_, 1);
    return ran ? take(into) : ran;
  }

  Status memory_of_units() {
    MeasureBoard& board = bench_.lay(kind_, Question::kMemory);
    board.units = kind_.name == "coroutine" ? kCoroutinesParked
                  : kind_.many              ? kGreenParked
                                            : kThreadsParked;
    if (kind_.kernel_tasks) {
      // A quarter of what there is room for: others live here too.
      board.units = static_cast<std::uint32_t>(
          std::clamp<std::uint64_t>(machine_.tasks.tasks / 4, 2, board.units));
    }
    board.in_flight = board.units;
    return ask(figures_.parked_bytes);
  }

  Status memory_of_processes() {
    bench_.lay(kind_, Question::kMemory);
    const auto count = static_cast<std::uint32_t>(
        std::clamp<std::uint64_t>(machine_.tasks.tasks / 4, 1, kProcessesParked));
    const auto zygote_pss = [this] { return kind_.zygote ? pss_of(bench_.zygote_pid()) : 0; };
    const std::uint64_t zygote_before = zygote_pss();
    Result<std::vector<ChildProcess>> processes = bench_.start(kind_, count);
    if (!processes) {
      return processes.error();
    }
    if (Status there = bench_.wait_for_arrivals(count); !there) {
      return there;
    }
    // What the zygote shares with its children it has less of: all together is what they cost.
    std::uint64_t bytes = zygote_pss();
    for (const ChildProcess& process : *processes) {
      bytes += pss_of(process.pid());
    }
    bench_.let_go();
    const double more = static_cast<double>(bytes) - static_cast<double>(zygote_before);
    figures_.parked_bytes.push_back(std::max(0.0, more) / count);
    return bench_.finish(*processes);
  }

  UnitsBench& bench_;
  const UnitKind& kind_;
  const MachineFacts& machine_;
  UnitFigures& figures_;
};

struct Step {
  std::string_view question;
  std::function<Status(Asking&)> ask;
};

const std::vector<Step>& steps() {
  static const std::vector<Step> kSteps{
      {"create and join", [](Asking& asking) { return asking.create(); }},
      {"switch", [](Asking& asking) { return asking.take_turns(); }},
      {"wake across cores", [](Asking& asking) { return asking.wake(false); }},
      {"wake from sleep", [](Asking& asking) { return asking.wake(true); }},
      {"memory", [](Asking& asking) { return asking.memory(); }},
      {"in parallel?", [](Asking& asking) { return asking.parallel(); }},
      {"if it blocks", [](Asking& asking) { return asking.block(false); }},
      {"if it says that it blocks", [](Asking& asking) { return asking.block(true); }},
      {"if it crashes", [](Asking& asking) { return asking.crash(); }}};
  return kSteps;
}

Result<std::string> worker_program() {
  const Result<std::string> folder = executable_folder();
  if (!folder) {
    return folder.error();
  }
  std::string program = *folder + "/strata-worker";
  if (access(program.c_str(), X_OK) != 0) {
    return Error{Exit::kMachine, "units: there is no strata-worker beside strata in " + *folder +
                                     "; install both in one folder"};
  }
  return program;
}

}  // namespace

std::span<const UnitKind> unit_kinds() { return kKinds; }

Fit fit_of(const UnitKind& kind, double bytes, const MachineFacts& machine,
           std::uint64_t map_count) {
  std::uint64_t available = machine.memory.available_bytes;
  std::string from = "memory";
  if (machine.memory.cgroup_limit_bytes && *machine.memory.cgroup_limit_bytes < available) {
    available = *machine.memory.cgroup_limit_bytes;
    from = "memory limit of " + machine.memory.cgroup_limit_from;
  }
  Fit fit{static_cast<std::uint64_t>(static_cast<double>(available) / std::max(bytes, 1.0)), from};
  if (kind.kernel_tasks && machine.tasks.tasks < fit.count && !machine.tasks.from.empty()) {
    fit = {machine.tasks.tasks, machine.tasks.from};
  }
  // A thread's stack and its guard are two mappings of its process.
  if (kind.kernel_tasks && !kind.processes && map_count > 0 && map_count / 2 < fit.count) {
    fit = {map_count / 2, "vm.max_map_count"};
  }
  return fit;
}

Result<UnitsMeasured> measure_units(const std::vector<const UnitKind*>& kinds,
                                    const UnitsProgress& progress) {
  const std::uint64_t began = now_ns();
  const Result<std::string> program = worker_program();
  if (!program) {
    return program.error();
  }
  Result<UnitsBench> bench = UnitsBench::make(*program);
  if (!bench) {
    return bench.error();
  }
  UnitsMeasured measured;
  measured.machine = read_machine_facts();
  std::size_t step = 0;
  for (const UnitKind* kind : kinds) {
    UnitFigures figures{.name = std::string(kind->name), .title = std::string(kind->title)};
    Asking asking(*bench, *kind, measured.machine, figures);
    for (const Step& next : steps()) {
      progress(kind->title, next.question, step++, kinds.size() * steps().size());
      if (Status asked = next.ask(asking); !asked) {
        return asked.error();
      }
    }
    measured.units.push_back(std::move(figures));
  }
  measured.took_s = seconds_between(began, now_ns());
  return measured;
}

}  // namespace strata
