#include "tests/bench/rounds.h"

#include <algorithm>
#include <cstdio>

namespace strata::bench {
namespace {

double quantile(Samples samples, double q) {
  if (samples.empty()) {
    return 0;
  }
  std::sort(samples.begin(), samples.end());
  const double at = q * static_cast<double>(samples.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, samples.size() - 1);
  const double part = at - static_cast<double>(below);
  return samples[below] * (1 - part) + samples[above] * part;
}

}  // namespace

double median(Samples samples) { return quantile(std::move(samples), 0.5); }

std::vector<Samples> interleave(const std::vector<Probe>& probes, std::size_t rounds) {
  std::vector<Samples> samples(probes.size());
  for (std::size_t round = 0; round < rounds; ++round) {
    for (std::size_t turn = 0; turn < probes.size(); ++turn) {
      const std::size_t i = round % 2 == 0 ? turn : probes.size() - 1 - turn;
      // A probe that failed once is not tried again.
      if (samples[i].size() < round) {
        continue;
      }
      if (const std::optional<double> sample = probes[i].take()) {
        samples[i].push_back(*sample);
      } else {
        std::fprintf(stderr, "bench: no figure for: %s\n", probes[i].name.c_str());
      }
    }
  }
  return samples;
}

std::string number_text(double number) {
  char text[32];
  const int decimals = number < 10 ? 2 : number < 100 ? 1 : 0;
  std::snprintf(text, sizeof text, "%.*f", decimals, number);
  return text;
}

std::string seconds_text(double seconds) {
  if (seconds < 1e-3) {
    return number_text(seconds * 1e6) + " us";
  }
  return seconds < 1 ? number_text(seconds * 1e3) + " ms" : number_text(seconds) + " s";
}

std::string ratio_text(const Samples& upper, const Samples& lower) {
  Samples ratios;
  for (std::size_t i = 0; i < std::min(upper.size(), lower.size()); ++i) {
    ratios.push_back(upper[i] / lower[i]);
  }
  if (ratios.empty()) {
    return "not measured";
  }
  return number_text(median(ratios)) + " [" + number_text(quantile(ratios, 0.25)) + ", " +
         number_text(quantile(ratios, 0.75)) + "]";
}

void print_table(const std::vector<Row>& rows) {
  std::printf("| figure | strata | peer | ratio [quartiles] | aim |\n|---|---|---|---|---|\n");
  for (const Row& row : rows) {
    std::printf("| %s | %s | %s | %s | %s |\n", row.figure.c_str(), row.here.c_str(),
                row.peer.c_str(), row.ratio.c_str(), row.aim.c_str());
  }
  std::fflush(stdout);
}

}  // namespace strata::bench
