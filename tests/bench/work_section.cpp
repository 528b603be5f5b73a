// Real work: what a second process or a second thread buys, and what strata adds to a plain loop.
#include "tests/bench/programs.h"
#include "tests/bench/sections.h"
#include "tests/cluster/process_harness.h"

namespace strata::bench {
namespace {

using Words = std::vector<std::string>;

Words with_layout(Words words, const char* processes, const char* threads) {
  for (const char* word : {"-P", processes, "-T", threads}) {
    words.emplace_back(word);
  }
  return words;
}

// Speed-up of 2x1 and 1x2 over 1x1 of the same work.
std::vector<Row> speed_up(const Settings& settings, const std::string& what, const Words& words) {
  const auto makespan = [&](const char* processes, const char* threads) {
    return [&settings, layout = with_layout(words, processes, threads)] {
      return run_figure(settings, layout, "/makespan_s");
    };
  };
  const std::vector<Samples> taken = interleave({{what + " 1x1", makespan("1", "1")},
                                                 {what + " 2x1", makespan("2", "1")},
                                                 {what + " 1x2", makespan("1", "2")}},
                                                settings.rounds);
  const std::string one = seconds_text(median(taken[0])) + ", 1x1";
  return {{what + " in 2 processes", seconds_text(median(taken[1])), one,
           ratio_text(taken[0], taken[1]), ">= 1.85"},
          {what + " in 2 threads", seconds_text(median(taken[2])), one,
           ratio_text(taken[0], taken[2]), ">= 1.85"}};
}

void append(std::vector<Row>& rows, std::vector<Row> more) {
  for (Row& row : more) {
    rows.push_back(std::move(row));
  }
}

}  // namespace

std::vector<Row> measure_work(const Settings& settings) {
  const bool quick = settings.quick;
  std::vector<Row> rows;
  append(rows, speed_up(settings, "`compute`",
                        {"compute", quick ? "units=200" : "units=4000", "grain=100"}));
  append(rows, speed_up(settings, "`digest`", {"digest", "input=" + settings.files}));

  const std::string sleepers = quick ? "50" : "1000";
  const std::vector<Samples> wait =
      interleave({{"wait, threads",
                   [&] {
                     return run_figure(settings,
                                       {"wait", "units=" + sleepers, "ms=10", "-x", "threads", "-P",
                                        "1", "-T", "1", "-G", sleepers},
                                       "/makespan_s");
                   }},
                  {"wait, bare pthreads",
                   [&] {
                     return first_number({settings.peers + "/pthread_sleep", sleepers, "10"});
                   }}},
                 settings.rounds);
  rows.push_back({"`wait`, " + sleepers + " x 10 ms on `threads`", seconds_text(median(wait[0])),
                  seconds_text(median(wait[1])) + ", bare pthreads", ratio_text(wait[0], wait[1]),
                  "<= 1.2"});

  const std::string units = quick ? "200" : "4000";
  const std::vector<Samples> rate =
      interleave({{"compute, GFLOP/s",
                   [&] {
                     return run_figure(
                         settings, {"compute", "units=" + units, "grain=100", "-P", "1", "-T", "1"},
                         "/result/gflops");
                   }},
                  {"plain loop, GFLOP/s",
                   [&] {
                     return first_number({settings.peers + "/plain_loop", units, "100"});
                   }}},
                 settings.rounds);
  rows.push_back({"`compute` 1x1", number_text(median(rate[0])) + " GFLOP/s",
                  number_text(median(rate[1])) + " GFLOP/s, its kernel in a plain loop",
                  ratio_text(rate[0], rate[1]), ">= 0.97"});
  return rows;
}

}  // namespace strata::bench
