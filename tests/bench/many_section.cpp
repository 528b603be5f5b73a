// What green threads and coroutines cost: the program many_units measures them beside their peers
// in one process and prints "ratio WHAT VALUE target AIM" lines; here they become rows.
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
  const testing::Ending ending = testing::run({.words = program}, std::chrono::minutes(5));
  std::vector<Row> rows;
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
    rows.push_back({"many units", "not measured", "-", "-", "-"});
  }
  return rows;
}

}  // namespace strata::bench
