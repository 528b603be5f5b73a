// How this benchmark measures: a figure and its peer are taken in the same round, rounds follow
// each other, and what is compared is the ratio within a round. Absolute figures drift by half
// between days on a shared machine; ratios of neighbours do not.
#pragma once
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace strata::bench {

struct Settings {
  std::size_t rounds = 9;
  bool quick = false;   // One small round: does it work at all?
  std::string only;     // Sections whose name holds this
  std::string bin;      // Folder of strata and strata-worker
  std::string peers;    // Folder of the peers
  std::string sources;  // Folder of the project, for peers that are scripts
  std::string files;    // Input of digest
};

// Samples of one thing, one a round.
using Samples = std::vector<double>;
double median(Samples samples);

// What to take in every round. A sample that could not be taken (no peer, a failed run) is empty,
// and the reason is printed to stderr once.
struct Probe {
  std::string name;
  std::function<std::optional<double>()> take;
};

// One table of samples: [probe][round], rounds interleaved, the order turned around every second
// round so that neither side always goes first.
std::vector<Samples> interleave(const std::vector<Probe>& probes, std::size_t rounds);

struct Row {
  std::string figure;
  std::string here;   // "12.1 ms"
  std::string peer;   // "10.3 ms, bare posix_spawn"
  std::string ratio;  // "1.17 [1.12, 1.21]"
  std::string aim;    // "<= 1.3"
};

// "12.1 ms", "840 us", "1.05 s": three significant digits.
std::string seconds_text(double seconds);
std::string number_text(double number);  // Three significant digits
// Median of upper[i] / lower[i] with the quartiles of it; empty when a side has no samples.
std::string ratio_text(const Samples& upper, const Samples& lower);

// "| a | b |" lines, ready for a page.
void print_table(const std::vector<Row>& rows);

}  // namespace strata::bench
