// What green threads and coroutines cost: the program many_units measures them beside their peers
// and prints a table; its rows become ours.
#include <sstream>

#include "tests/bench/programs.h"
#include "tests/bench/sections.h"
#include "tests/cluster/process_harness.h"

namespace strata::bench {

std::vector<Row> measure_many_units(const Settings& settings) {
  std::vector<std::string> program = {settings.peers + "/../many_units"};
  if (settings.quick) {
    program.emplace_back("--quick");
  } else {
    program.emplace_back("--rounds");
    program.push_back(std::to_string(settings.rounds));
  }
  const testing::Ending ending = testing::run({.words = program}, std::chrono::minutes(10));
  std::vector<Row> rows;
  std::istringstream lines(ending.output);
  bool below_head = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("|---")) {
      below_head = true;
    } else if (below_head && line.starts_with("| ")) {
      std::vector<std::string> cells;
      std::size_t begin = 2;
      for (std::size_t end = 0; (end = line.find(" |", begin)) != std::string::npos;
           begin = end + 3) {
        cells.push_back(line.substr(begin, end - begin));
      }
      if (cells.size() == 5) {
        rows.push_back({cells[0], cells[1], cells[2], cells[3], cells[4]});
      }
    }
  }
  if (rows.empty() || ending.status != 0) {
    std::fprintf(stderr, "bench: many_units: status %d\n%s", ending.status, ending.errors.c_str());
    rows.push_back({"many units", "not measured", "-", "-", "-"});
  }
  return rows;
}

}  // namespace strata::bench
