// What can be shown on this machine and what cannot, each with its reason and what to do.
//
// Reading the machine and judging it are apart, so that the judgement is tested with machines that
// nobody has at hand.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shared/os/machine_facts.h"
#include "shared/os/machine_probes.h"
#include "shared/os/machine_topology.h"

namespace strata {

struct Examination {
  MachineFacts machine;
  std::optional<TopologyFacts> topology;
  std::string topology_refusal;  // Why there is none.
  double steal_now = 0;          // Share of the time while the machine was examined
  double examined_s = 0;         // How long that was
  Probe switch_records;
  Probe hardware_counters;
  Probe sealed_memory;
  Probe pidfd;
  Probe fast_clock;
  double clock_read_ns = 0;
};

// Looks at the machine for about a quarter of a second.
Examination examine_machine();

enum class Answer : std::uint8_t { kYes, kPartly, kNo };
std::string_view name_of(Answer answer);

struct Finding {
  std::string topic;  // "parallelism": a stable name for scripts
  Answer answer = Answer::kYes;
  std::string why;     // One sentence.
  std::string advice;  // What to do about it; empty for a plain yes.
};

// In the order in which a person should read them.
std::vector<Finding> judge(const Examination& examined);

}  // namespace strata
