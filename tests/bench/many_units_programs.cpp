// Peers that are programs of their own, and this program in a process of its own.
#include <cstdio>
#include <sstream>

#include "tests/bench/many_units.h"
#include "tests/cluster/process_harness.h"

namespace strata::bench {

std::optional<std::vector<double>> numbers_of(const std::vector<std::string>& words) {
  const testing::Ending ending = testing::run({.words = words}, std::chrono::minutes(2));
  std::istringstream text(ending.output);
  std::vector<double> numbers;
  for (double number = 0; text >> number;) {
    numbers.push_back(number);
  }
  if (ending.status != 0 || numbers.empty()) {
    std::fprintf(stderr, "many_units: no figure from %s %s (status %d)\n%s", words[0].c_str(),
                 words.size() > 1 ? words[1].c_str() : "", ending.status, ending.errors.c_str());
    return {};
  }
  return numbers;
}

}  // namespace strata::bench
