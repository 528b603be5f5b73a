// The parts of the program many_units: what is timed. Each returns the seconds it took unless it
// says otherwise.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "worker/executors/executor.h"

namespace strata::bench {

// `count` switches between two stacks, half of them there and half back. `floating_point`: both
// compute at each visit, one of them inexactly, so that their sticky exception flags differ.
double own_switches(std::uint64_t count, bool floating_point);
double boost_switches(std::uint64_t count, bool floating_point);
// What both compute at their visits, without any switch: `count` visits, half of each kind.
double computing(std::uint64_t count);

// `units` units that yield `yields` times each.
double yields(Executor& executor, std::uint32_t units, std::uint64_t yields);
// `units` units that do nothing, of one lease.
double empty_units(Executor& executor, std::uint32_t units);
// One unit that forks and joins `count` children which do nothing, one after another.
double forks(Executor& executor, std::uint64_t count);
// Two units that hand a number to and fro, `count` times one way, over channels without a buffer.
double ping_pong(Executor& executor, std::uint64_t count);
// `units` units that sleep 10 ms at once.
struct Slept {
  double wall_s = 0;
  double late_p99_s = 0;  // How much longer than 10 ms 99 % of them took at most.
};
Slept sleepers(Executor& executor, std::uint32_t units);
// Bytes of resident memory (PSS) for each of `units` units that wait at a latch. In a process of
// its own, since memory that was used before hides what is used now.
double parked_bytes(Executor& executor, std::uint32_t units);

// A tree of 10 children a node with 1e6 leaves (10^`digits`), and fib(n) with a task for each call.
// The answers are checked.
double skynet(Executor& executor, int digits);
double fib(Executor& executor, std::uint64_t n);
double tbb_skynet(unsigned threads, int digits);
double tbb_fib(unsigned threads, std::uint64_t n);

// `count` fibers of Boost.Fiber on pooled stacks, made and joined on one thread. Nothing where it
// is not installed.
std::optional<double> boost_fibers(std::uint64_t count);
bool boost_fibers_installed();

// What a program prints: its numbers. Nothing when it fails.
std::optional<std::vector<double>> numbers_of(const std::vector<std::string>& words);

}  // namespace strata::bench
