// From exec to ready. Both sides are timed from outside, from just before the fork of the launcher
// to the line that says "ready" in this program's hands.
#include "tests/bench/programs.h"
#include "tests/bench/sections.h"

namespace strata::bench {

std::vector<Row> measure_launch(const Settings& settings) {
  const std::string count = settings.quick ? "4" : "64";
  const auto strata_start = [&](const char* start) {
    return seconds_until("ready", {settings.bin + "/strata", "run", "compute", "grain=0",
                                   "units=" + count, "-P", count, "-T", "1", "--start", start});
  };
  const std::vector<Probe> probes = {
      {"launch, spawn", [&] { return strata_start("spawn"); }},
      {"launch, bare posix_spawn",
       [&] {
         return seconds_until(
             "ready", {settings.peers + "/bare_spawn", count, settings.peers + "/bare_program"});
       }},
      {"launch, zygote", [&] { return strata_start("zygote"); }},
      {"launch, bare fork",
       [&] {
         return seconds_until("ready", {settings.peers + "/bare_fork", count});
       }},
      {"launch, mpirun",
       [&] {
         return seconds_until("ready", {"mpirun", "--allow-run-as-root", "--oversubscribe", "-n",
                                        count, settings.peers + "/mpi_hello"});
       }},
  };
  const std::vector<Samples> taken = interleave(probes, settings.rounds);
  const auto& [spawn, bare_spawn, zygote, bare_fork, mpi] =
      std::tie(taken[0], taken[1], taken[2], taken[3], taken[4]);
  return {
      {count + " workers ready, `--start spawn`", seconds_text(median(spawn)),
       seconds_text(median(bare_spawn)) + ", bare posix_spawn of a C++ program",
       ratio_text(spawn, bare_spawn), "<= 1.3"},
      {count + " workers ready, `--start zygote`", seconds_text(median(zygote)),
       seconds_text(median(bare_fork)) + ", bare fork", ratio_text(zygote, bare_fork), "<= 1.7"},
      {count + " workers ready, `--start spawn`", seconds_text(median(spawn)),
       seconds_text(median(mpi)) + ", `mpirun -n " + count + "` of a hello (its time over ours)",
       ratio_text(mpi, spawn), ">= 20"},
  };
}

}  // namespace strata::bench
