// What strata-topology.so gives: plain numbers, so that the program that opens it and the module
// share no library. hwloc costs a program several milliseconds of its start; `strata` only pays
// them in the commands that show the machine.
#pragma once
#include <cstdint>

extern "C" {

struct StrataCache {
  std::uint32_t level;
  std::uint32_t instruction_only;  // 1: holds instructions alone
  std::uint64_t bytes;             // Of one
  std::uint32_t count;             // Of this size and kind
  std::uint32_t cpus_each;         // That share one
};

struct StrataNumaNode {
  std::uint32_t number;
  std::uint32_t cpus;
  std::uint64_t memory_bytes;
};

constexpr std::uint32_t kStrataMostCaches = 16;
constexpr std::uint32_t kStrataMostNodes = 64;
constexpr std::uint32_t kStrataTopologyVersion = 1;

struct StrataTopology {
  std::uint32_t packages;
  std::uint32_t cores;
  std::uint32_t cpus;
  std::uint32_t caches;
  StrataCache cache[kStrataMostCaches];
  std::uint32_t nodes;  // May exceed kStrataMostNodes; only those are told.
  StrataNumaNode node[kStrataMostNodes];
};

// Fills `topology`; 0, or an error of errno. `version` is the caller's kStrataTopologyVersion.
using StrataReadTopology = int (*)(std::uint32_t version, StrataTopology* topology);
int strata_read_topology(std::uint32_t version, StrataTopology* topology);
}
