#include "tests/bench/many_units_table.h"

#include <algorithm>
#include <cstdio>
#include <random>
#include <utility>

namespace strata::bench {

bool Table::wanted(std::string_view name) const { return name.find(only_) != name.npos; }

void Table::add(std::vector<std::string> names, const char* unit, std::function<Taken()> take) {
  if (std::none_of(names.begin(), names.end(), [this](const auto& name) { return wanted(name); })) {
    return;
  }
  Visit visit;
  visit.take = std::move(take);
  for (std::string& name : names) {
    visit.series.push_back(series_.size());
    series_.push_back({std::move(name), unit, false});
  }
  visits_.push_back(std::move(visit));
}

void Table::add_missing(std::string name) { series_.push_back({std::move(name), "", true}); }

void Table::measure(std::size_t rounds) {
  std::vector<Visit*> order;
  for (Visit& visit : visits_) {
    order.push_back(&visit);
  }
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same order every time is meant.
  for (std::size_t round = 0; round < rounds; ++round) {
    std::shuffle(order.begin(), order.end(), random);
    for (Visit* visit : order) {
      const Taken taken = visit->failed ? Taken{} : visit->take();
      visit->failed = !taken || taken->size() != visit->series.size();
      for (std::size_t i = 0; !visit->failed && i < visit->series.size(); ++i) {
        series_[visit->series[i]].taken.push_back((*taken)[i]);
      }
    }
  }
}

const Table::Series* Table::find(std::string_view name) const {
  const auto found =
      std::find_if(series_.begin(), series_.end(), [&](const auto& at) { return at.name == name; });
  return found == series_.end() ? nullptr : &*found;
}

std::string Table::text(const Series& series) {
  return number_text(median(series.taken)) + " " + series.unit;
}

void Table::compare(const std::string& figure, std::string_view own, std::string_view peer,
                    const std::string& peer_is, const char* aim) {
  const Series* const ours = find(own);
  const Series* const theirs = find(peer);
  if (ours == nullptr || theirs == nullptr) {
    return;  // Not asked for.
  }
  if (ours->taken.empty() || (theirs->taken.empty() && !theirs->missing)) {
    rows_.push_back({figure, "not measured", peer_is, "not measured", aim});
  } else if (theirs->missing) {
    rows_.push_back({figure, text(*ours), peer_is + " is not installed", "-", aim});
  } else {
    rows_.push_back({figure, text(*ours), text(*theirs) + ", " + peer_is,
                     ratio_text(ours->taken, theirs->taken), aim});
  }
}

void Table::value(const std::string& figure, std::string_view own, const char* aim) {
  if (const Series* const ours = find(own)) {
    const std::string taken = ours->taken.empty() ? "not measured" : text(*ours);
    rows_.push_back({figure, taken, "-", "-", aim});
  }
}

void Table::speed_up(const std::string& figure, std::string_view on_one, std::string_view on_two,
                     const char* aim) {
  const Series* const one = find(on_one);
  const Series* const two = find(on_two);
  if (one != nullptr && two != nullptr) {
    rows_.push_back({figure, two->taken.empty() ? "not measured" : text(*two) + " at T=2",
                     text(*one) + " at T=1", ratio_text(one->taken, two->taken), aim});
  }
}

void Table::print_figures() const {
  std::printf("%-40s %10s %10s %10s\n", "", "median", "lowest", "highest");
  for (const Series& each : series_) {
    if (!each.taken.empty()) {
      const auto [low, high] = std::minmax_element(each.taken.begin(), each.taken.end());
      std::printf("%-40s %10.2f %10.2f %10.2f %s\n", each.name.c_str(), median(each.taken), *low,
                  *high, each.unit);
    }
  }
}

}  // namespace strata::bench
