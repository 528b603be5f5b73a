// The executor `gil` against the lock that it models: gil_units and the same loops in real Python,
// one after the other in every round.
#include <array>
#include <cmath>
#include <cstdio>
#include <sstream>

#include "tests/bench/programs.h"
#include "tests/bench/sections.h"
#include "tests/cluster/process_harness.h"

namespace strata::bench {
namespace {

struct Figure {
  const char* name;
  const char* unit;
  const char* aim;
};
constexpr std::array kFigures = {
    Figure{"throughput of 2 computing units over 1", "", "within 15 %"},
    Figure{"throughput of 4 computing units over 1", "", "within 15 %"},
    Figure{"voluntary switches, 2 computing units", " /s", "within 20 %"},
    Figure{"voluntary switches, 4 computing units", " /s", "within 20 %"},
    Figure{"sleep(1 ms) beside 1 hog is late by, p50", " ms", "within 10 %"},
    Figure{"sleep(1 ms) beside 4 hogs is late by, p50", " ms", "reported"}};
using Figures = std::array<Samples, kFigures.size()>;

bool take(const std::vector<std::string>& words, Figures& figures) {
  const testing::Ending ending = testing::run({.words = words}, std::chrono::minutes(2));
  std::istringstream line(ending.output);
  for (Samples& samples : figures) {
    double value = 0;
    if (ending.status != 0 || !(line >> value)) {
      std::fprintf(stderr, "bench: no figure for: %s\n%s", words[0].c_str(), ending.errors.c_str());
      return false;
    }
    samples.push_back(value);
  }
  return true;
}

}  // namespace

std::vector<Row> measure_gil(const Settings& settings) {
  const std::string seconds = settings.quick ? "0.02" : "0.4";
  const std::string sleeps = settings.quick ? "3" : "60";
  Figures ours;
  Figures pythons;
  for (std::size_t round = 0; round < settings.rounds; ++round) {
    const auto take_ours = [&] {
      return take({settings.peers + "/../gil_units", seconds, sleeps}, ours);
    };
    const auto take_pythons = [&] {
      return take(
          {"python3", settings.sources + "/tests/bench/peers/gil_python.py", seconds, sleeps},
          pythons);
    };
    const bool taken =
        round % 2 == 0 ? take_ours() && take_pythons() : take_pythons() && take_ours();
    if (!taken) {
      return {{"`gil` beside python3", "not measured", "-", "-", "-"}};
    }
  }
  std::vector<Row> rows;
  for (std::size_t i = 0; i < kFigures.size(); ++i) {
    const Figure& figure = kFigures[i];
    rows.push_back({std::string("`gil`: ") + figure.name,
                    number_text(median(ours[i])) + figure.unit,
                    number_text(median(pythons[i])) + figure.unit + ", python3",
                    ratio_text(ours[i], pythons[i]), figure.aim});
  }
  return rows;
}

}  // namespace strata::bench
