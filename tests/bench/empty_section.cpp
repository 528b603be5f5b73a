// Units that do nothing show what an executor costs by itself, and what a process costs beside a
// thread. The program empty_units compares the executor `pool` with TBB inside one process and
// prints "ratio WHAT VALUE target AIM" lines; here they become rows.
#include <sstream>

#include "tests/bench/programs.h"
#include "tests/bench/sections.h"
#include "tests/cluster/process_harness.h"

namespace strata::bench {

std::vector<Row> measure_empty_units(const Settings& settings) {
  std::vector<Row> rows;
  std::vector<std::string> program = {settings.peers + "/../empty_units"};
  if (settings.quick) {
    program.emplace_back("--quick");
  }
  const testing::Ending ending = testing::run({.words = program}, std::chrono::minutes(5));
  std::istringstream lines(ending.output);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string ratio;
    std::string what;
    std::string target;
    double value = 0;
    if (words >> ratio >> what >> value >> target && ratio == "ratio" && target == "target") {
      std::string aim;
      std::getline(words >> std::ws, aim);
      rows.push_back({"`" + what + "`", "-", "-", number_text(value), aim});
    }
  }
  if (rows.empty()) {
    rows.push_back({"empty units", "not measured", "-", "-", "-"});
  }
  const auto makespan = [&settings](const char* processes, const char* threads) {
    return [&settings, processes, threads] {
      return run_figure(settings,
                        {"compute", "grain=0", settings.quick ? "units=10000" : "units=1000000",
                         "-P", processes, "-T", threads},
                        "/makespan_s");
    };
  };
  const std::vector<Samples> taken =
      interleave({{"empty units 2x1", makespan("2", "1")}, {"empty units 1x2", makespan("1", "2")}},
                 settings.rounds);
  rows.push_back({"empty units, 2 processes", seconds_text(median(taken[0])),
                  seconds_text(median(taken[1])) + ", 2 threads", ratio_text(taken[0], taken[1]),
                  "<= 1.2"});
  return rows;
}

}  // namespace strata::bench
