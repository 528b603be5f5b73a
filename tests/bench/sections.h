// The sections of the benchmark: each takes its rounds and gives its rows of the table.
#pragma once
#include <vector>

#include "tests/bench/rounds.h"

namespace strata::bench {

// From exec to 64 workers ready: spawn, zygote, MPI.
std::vector<Row> measure_launch(const Settings& settings);
// What waiting workers cost: memory of one of 64, CPU of one, CPU of a cluster of 8 that stays.
std::vector<Row> measure_idle(const Settings& settings);
// Speed-up on real work, the price of processes against threads, waiting, the plain loop.
std::vector<Row> measure_work(const Settings& settings);
// Units that do nothing: the executor's own cost (the program empty_units beside this one).
std::vector<Row> measure_empty_units(const Settings& settings);
// The executor `gil` beside CPython's threads (the program gil_units beside this one, and python3).
std::vector<Row> measure_gil(const Settings& settings);
// From kill -9 of the coordinator to the last worker's death.
std::vector<Row> measure_kill(const Settings& settings);

}  // namespace strata::bench
