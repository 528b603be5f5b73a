// The parts of the program many_units: what is timed. Each returns the seconds it took.
#pragma once
#include <cstdint>

#include "worker/executors/executor.h"

namespace strata::bench {

// `count` switches between two stacks, half of them there and half back. `floating_point`: one of
// the two computes, so that its sticky exception flags differ.
double own_switches(std::uint64_t count, bool floating_point);
double boost_switches(std::uint64_t count, bool floating_point);

// `units` units that yield `yields` times each.
double yields(Executor& executor, std::uint32_t units, std::uint64_t yields);
// `units` units that do nothing, of one lease.
double empty_units(Executor& executor, std::uint32_t units);
// One unit that forks and joins `count` children which do nothing, one after another.
double forks(Executor& executor, std::uint64_t count);
// `units` units that sleep 10 ms at once.
double sleepers(Executor& executor, std::uint32_t units);

// A tree of 10 children a node with 1e6 leaves (10^`digits`), and fib(n) with a task for each call.
// The answers are checked.
double skynet(Executor& executor, int digits);
double fib(Executor& executor, std::uint64_t n);
double tbb_skynet(unsigned threads, int digits);
double tbb_fib(unsigned threads, std::uint64_t n);

}  // namespace strata::bench
