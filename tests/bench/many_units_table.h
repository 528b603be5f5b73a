// What many_units measures, round after round in random order, and the rows that come of it.
//
// A ratio is the median over rounds of the ratio within the round: both sides had the same weather.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/rounds.h"

namespace strata::bench {

// The figures of one visit, as many as it has names; nothing when it could not be measured.
using Taken = std::optional<std::vector<double>>;

class Table {
 public:
  // Of all that is added below only what has `only` in its name is measured.
  explicit Table(std::string only) : only_(std::move(only)) {}

  // One visit gives a figure for each of the names, all in this unit ("ns", "ms", "B").
  void add(std::vector<std::string> names, const char* unit, std::function<Taken()> take);
  // A peer that is not on this machine: its rows say so.
  void add_missing(std::string name);
  void measure(std::size_t rounds);

  // A row for the table; none if its own figure was not to be measured.
  // `figure` is what it is about, `peer` how the other side is called.
  void compare(const std::string& figure, std::string_view own, std::string_view peer,
               const std::string& peer_is, const char* aim);
  void value(const std::string& figure, std::string_view own, const char* aim);
  // Times of the same program on one and on two processors: how much faster.
  void speed_up(const std::string& figure, std::string_view on_one, std::string_view on_two,
                const char* aim);
  [[nodiscard]] const std::vector<Row>& rows() const { return rows_; }
  // Every figure with its spread, for people.
  void print_figures() const;

 private:
  struct Series {
    std::string name;
    const char* unit;
    bool missing;
    Samples taken{};
  };
  struct Visit {
    std::vector<std::size_t> series;  // Places in series_
    std::function<Taken()> take;
    bool failed = false;
  };
  [[nodiscard]] bool wanted(std::string_view name) const;
  // Null: it is not to be measured.
  [[nodiscard]] const Series* find(std::string_view name) const;
  static std::string text(const Series& series);

  std::string only_;
  std::vector<Series> series_;
  std::vector<Visit> visits_;
  std::vector<Row> rows_;
};

}  // namespace strata::bench
