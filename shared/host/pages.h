// The fixed part of a host's segment: one HostPage, then one WorkerPage a worker. The rest of the
// segment belongs to the trial that runs (trial_memory.h).
//
// Every word has one writer, named beside it; whoever else reads it copes with any value. A worker
// killed at any instruction leaves nothing that another would wait for.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "shared/base/ids.h"
#include "shared/os/segment.h"
#include "shared/sync/slot_ring.h"

namespace strata {

inline constexpr std::uint64_t kHostMagic = 0x5354524154413031;  // "STRATA01"
inline constexpr std::size_t kMaxCpus = 1024;
inline constexpr std::uint32_t kMaxWorkersOfHost = 1024;

// Descriptors that a worker and a zygote are born with.
inline constexpr int kSegmentFd = 3;   // The segment
inline constexpr int kDoorbellFd = 4;  // An eventfd: wakes the agent
inline constexpr int kZygoteFd = 5;    // The zygote's end of its socket to the agent

// Written by the agent before any worker starts; constant while workers live.
struct HostPage {
  std::uint64_t magic;
  std::uint32_t workers;
  std::uint32_t first_worker;  // WorkerId of the first
  std::int32_t agent_pid;
  std::uint32_t threads;
  std::uint32_t in_flight;
  std::uint8_t wait;  // Wait
  std::uint8_t pin;   // Pin
  std::uint8_t gil_release_compute;
  std::uint32_t gil_interval_us;
  std::array<char, 32> executor;  // Its name, ended by a zero
  std::uint32_t cpu_count;
  std::array<std::int16_t, kMaxCpus> cpus;  // Usable CPUs in the order carriers are pinned to them
};

// What the agent tells a worker.
struct Command {
  enum class Kind : std::uint32_t { kNone, kOpen, kQuit };
  Kind kind = Kind::kNone;
  std::uint32_t trial = 0;   // kOpen: number of the trial, from 1
  std::uint64_t offset = 0;  // kOpen: the trial's memory in the segment
  std::uint64_t bytes = 0;
};

// What a worker tells the agent.
struct Report {
  enum class Kind : std::uint32_t {
    kNone,
    kText,        // A part of the text that belongs to the next report of another kind
    kReady,       // Its carriers exist; it waits for a trial.
    kOpened,      // The trial's job is made; it claims as soon as there is something to claim.
    kOpenFailed,  // The text says why
    kThrew,       // `unit` of the lease (shard, attempt) threw the text
    kClosed       // It has left the trial; its usage is in the page.
  };
  static constexpr std::size_t kTextBytes = 32;
  static constexpr std::size_t kMostText = 480;  // More is cut off

  Kind kind = Kind::kNone;
  std::uint32_t shard = 0;       // kThrew
  Attempt attempt = 0;           // kThrew
  std::uint32_t text_bytes = 0;  // kText
  std::uint64_t unit = 0;        // kThrew
  std::array<char, kTextBytes> text{};
};

// What a trial has cost in one worker so far. Written by the worker.
struct Usage {
  std::atomic<std::uint64_t> cpu_ns;
  std::atomic<std::uint64_t> voluntary_switches;
  std::atomic<std::uint64_t> involuntary_switches;
  std::atomic<std::uint32_t> os_threads;  // Peak of carriers
};

inline constexpr std::int64_t kNoUnit = -1;

// Zeroed, then `epoch` written, by the agent while no process of this worker lives.
struct alignas(kPageBytes) WorkerPage {
  Epoch epoch;
  // Rung by the agent after a push to `commands`.
  alignas(64) std::atomic<std::uint32_t> command_bell;
  // Rung by the agent, and by the worker's own carriers, when a claim may succeed or the trial
  // ends.
  alignas(64) std::atomic<std::uint32_t> work_bell;
  // Written by the worker's control thread: counts up several times a second.
  alignas(64) std::atomic<std::uint64_t> beat;
  // now_ns() when it became ready. Worker.
  std::atomic<std::uint64_t> ready_ns;
  // The unit about to run, in leases that run alone; kNoUnit otherwise. Worker.
  std::atomic<std::int64_t> last_unit;
  // Units of finished leases in this trial. Worker.
  std::atomic<std::uint64_t> units_done;
  // What the process had used when the trial was opened, and during the trial. Worker.
  Usage before;
  Usage during;
  SlotRing<Command, 8> commands;  // Agent -> worker
  SlotRing<Report, 16> reports;   // Worker -> agent
};

constexpr std::uint64_t pages_bytes(std::uint32_t workers) {
  return round_to_page(sizeof(HostPage)) + workers * sizeof(WorkerPage);
}

inline HostPage& host_page(std::byte* base) { return *reinterpret_cast<HostPage*>(base); }
inline WorkerPage& worker_page(std::byte* base, std::uint32_t place) {
  return *reinterpret_cast<WorkerPage*>(base + round_to_page(sizeof(HostPage)) +
                                        place * sizeof(WorkerPage));
}

}  // namespace strata
