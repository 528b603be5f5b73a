// What one unit of each kind costs and allows on this machine, measured now: the subject of
// `strata units`.
//
// Units inside a process are measured inside a strata-worker of their own, on the executor that a
// cluster would use; processes are started as a cluster starts its workers. Raw samples are kept
// here and summarised by the report.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.h"
#include "shared/os/machine_facts.h"

namespace strata {

struct UnitKind {
  std::string_view name;      // "thread": in --only and in the JSON
  std::string_view title;     // "green thread": in the table
  std::string_view executor;  // What carries it; in a process of its own: "serial"
  bool processes = false;     // Each unit is a process
  bool zygote = false;        // of a zygote
  bool kernel_tasks = false;  // Each unit is a task of the kernel
  bool many = false;          // Many share a processor
  bool locked = false;        // They share one lock
};

// In the order of the table.
std::span<const UnitKind> unit_kinds();

// The smallest of the limits on how many can be alive at one time.
struct Fit {
  std::uint64_t count = 0;
  std::string limit;  // "memory", "kernel.threads-max", ...
};

// What happened to the others when one of several made an invalid access.
struct CrashSeen {
  std::uint32_t others = 0;
  std::uint32_t survived = 0;
  int signal = 0;  // That ended the process of the one that crashed.
};

// Samples are empty where the question makes no sense or was not asked.
struct UnitFigures {
  std::string name;   // UnitKind::name
  std::string title;  // UnitKind::title
  std::vector<double> create_join_ns{};
  std::vector<double> switch_ns{};
  std::vector<double> wake_ns{};         // One way, to another CPU; empty with one CPU
  std::vector<double> wake_asleep_ns{};  // The same after half a millisecond of rest
  std::vector<double> parked_bytes{};
  std::vector<double> cpu_per_wall{};     // Of two that compute
  std::vector<double> computed_beside{};  // Share of their steps that one ended during another's
  std::vector<double> others_ran{};       // Share of the time that one was blocked
  std::vector<double> others_ran_told{};  // The same, in a region told to the executor
  std::optional<CrashSeen> crash{};
  std::optional<Fit> fit{};
};

struct UnitsMeasured {
  MachineFacts machine;
  std::vector<UnitFigures> units;
  std::vector<UnitFigures> peers;  // Python's and Go's, measured by programs of their own
  double took_s = 0;
};

// Told before each step: the row and what is asked, and which step of how many it is.
using UnitsProgress = std::function<void(std::string_view title, std::string_view question,
                                         std::size_t step, std::size_t steps)>;

// Measures these kinds, each in about a second or two. Errors: Exit::kMachine when this machine
// does not start what is to be measured, Exit::kFailed when a subject did not answer.
Result<UnitsMeasured> measure_units(const std::vector<const UnitKind*>& kinds,
                                    const UnitsProgress& progress);

// How many of this kind fit, when one takes so many bytes. `map_count`: vm.max_map_count.
Fit fit_of(const UnitKind& kind, double bytes, const MachineFacts& machine,
           std::uint64_t map_count);

}  // namespace strata
