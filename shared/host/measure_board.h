// The sheet of memory on which `strata units` asks a question and gets its samples back.
//
// The coordinator lays it out, starts a strata-worker with it as kSegmentFd, and reads it when that
// has ended. For threads, green threads, coroutines and the GIL one process carries all units; for
// processes each unit is a process, and the board is where they meet. So the bodies that are
// measured (worker/measure) are the same for both: whatever units share lies here.
//
// Lines on a pipe were the other way: the processes of one question need shared words anyway, and a
// process that crashes leaves what it wrote.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace strata {

enum class Question : std::uint32_t {
  kCreate,    // Units that do nothing, from before the first to after the last
  kSwitch,    // Two units that take turns on one CPU
  kWake,      // A unit wakes another on another CPU
  kMemory,    // Units that wait
  kParallel,  // Two units that compute
  kBlock,     // One blocks, another counts, on one CPU
  kCrash      // One of several makes an invalid access
};

inline constexpr std::uint64_t kBoardMagic = 0x535452424f415244;  // "STRBOARD"
inline constexpr std::size_t kMostSamples = 256;
inline constexpr std::size_t kMostCpusOfBoard = 2;

// What one unit says about itself.
struct alignas(64) UnitNote {
  std::atomic<std::uint64_t> cpu_ns;  // CPU time that it computed
  std::atomic<std::uint64_t> steps;   // That it computed, of some microseconds each
  std::atomic<std::uint64_t> beside;  // Those during which another unit ended one
  std::atomic<std::uint32_t> done;    // 1: it came to its end
};
inline constexpr std::size_t kMostNotes = 8;

// Zeroed by the coordinator, which then writes the first part; the rest is the units'.
struct MeasureBoard {
  std::uint64_t magic;
  std::int32_t coordinator_pid;
  Question question;
  std::array<char, 16> executor;                    // Its name, ended by a zero
  std::uint32_t threads;                            // T
  std::uint32_t in_flight;                          // G
  std::uint32_t units;                              // In all; 1..2^31
  std::uint32_t rounds;                             // Samples wanted, 1..kMostSamples
  std::uint32_t cpu_count;                          // 0: not pinned
  std::array<std::int32_t, kMostCpusOfBoard> cpus;  // Carriers, or processes, in turn
  // 1: every unit is a process that carries this one; 0: one process carries all.
  std::uint32_t processes;
  // 1: a unit that wants others to go on says so, by compute(), since nobody takes the lock away.
  std::uint32_t holds_lock;
  // kBlock: 1: it blocks in a region that it has told the executor of, Unit::blocking().
  // kWake: 1: whoever is woken has slept before.
  std::uint32_t variant;
  std::uint32_t turns;        // kSwitch: in a sample, a power of two
  std::uint64_t duration_ns;  // kParallel, kBlock: of one sample

  // Rung by the coordinator: processes that wait may go on.
  alignas(64) std::atomic<std::uint32_t> go;
  // Units that are there.
  alignas(64) std::atomic<std::uint32_t> arrived;
  // kSwitch: who had the last turn, plus 1, and how many turns there were.
  alignas(64) std::atomic<std::uint32_t> last;
  std::atomic<std::uint32_t> turns_taken;
  // kWake: the word that a process sleeps on; when the woken answered.
  alignas(64) std::atomic<std::uint32_t> bell;
  alignas(64) std::atomic<std::uint64_t> answered_ns;
  std::atomic<std::int32_t> waker_cpu;
  // kParallel: when the first began. kBlock: the block has begun, is over; the other's time in it.
  alignas(64) std::atomic<std::uint64_t> began_ns;
  std::atomic<std::uint32_t> blocked;
  std::atomic<std::uint32_t> block_over;
  alignas(64) std::atomic<std::uint64_t> worked_ns;

  std::array<UnitNote, kMostNotes> notes;
  std::atomic<std::uint32_t> samples;  // How many there are
  std::array<double, kMostSamples> sample;
  std::array<double, kMostSamples> second_sample;        // kParallel
  std::array<std::uint64_t, kMostSamples + 1> marks_ns;  // kSwitch: when each sample's turns ended
  // Why there is no answer; empty: there is.
  std::array<char, 256> error;

  // By whoever sees that the units of a sample have ended.
  // -----------------------------------------
  void add_sample(double value) {
    // Relaxed: one writer at a time, and the readers come after its end.
    const std::uint32_t at = samples.load(std::memory_order_relaxed);
    if (at < kMostSamples) {
      sample[at] = value;
      samples.store(at + 1, std::memory_order_relaxed);
    }
  }
  // kSwitch: ns a turn.
  void add_turns() {
    for (std::uint32_t round = 0; round < rounds; ++round) {
      if (marks_ns[round + 1] > marks_ns[round]) {
        add_sample(static_cast<double>(marks_ns[round + 1] - marks_ns[round]) / turns);
      }
    }
  }
  // kParallel: CPU time over time; and the share of steps that another unit computed beside.
  void add_parallel() {
    std::uint64_t cpu_ns = 0;
    std::uint64_t steps = 0;
    std::uint64_t beside = 0;
    for (UnitNote& note : notes) {
      cpu_ns += note.cpu_ns.exchange(0, std::memory_order_relaxed);
      steps += note.steps.exchange(0, std::memory_order_relaxed);
      beside += note.beside.exchange(0, std::memory_order_relaxed);
    }
    const std::uint32_t at = samples.load(std::memory_order_relaxed);
    if (at < kMostSamples) {
      second_sample[at] = steps == 0 ? 0 : static_cast<double>(beside) / static_cast<double>(steps);
    }
    add_sample(static_cast<double>(cpu_ns) / static_cast<double>(duration_ns));
  }
  // kBlock: the share of the time that one blocked in which the other worked.
  void add_block() {
    const std::uint64_t worked = worked_ns.exchange(0, std::memory_order_relaxed);
    add_sample(static_cast<double>(worked) / static_cast<double>(duration_ns));
  }
};

}  // namespace strata
