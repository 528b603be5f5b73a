// What `green` and `coroutine` cost, against peers: switches against Boost.Context's, trees of
// tasks against TBB's, fibers against Boost.Fiber's, all of them against goroutines. Everything is
// taken once a round, in random order; a ratio is the median over rounds of the ratio within the
// round.
//
//     many_units [--quick] [--rounds N] [--only WORD]    all, or what has WORD in its name
//     many_units --park EXECUTOR UNITS                   bytes for each of so many units that wait
//
// Prints every figure with its spread, then the table ("| a | b |" lines) that strata_bench shows.
#include "tests/bench/many_units.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/many_units_table.h"
#include "worker/executors/executors.h"

namespace strata::bench {
namespace {

constexpr const char* kGoUnits = STRATA_PEERS_DIR "/go_units";

std::unique_ptr<Executor> make(const char* name, std::uint32_t threads) {
  ExecutorConfig config;
  config.threads = threads;
  return make_executor(name, config);
}

// How much of everything.
struct Amounts {
  explicit Amounts(bool quick)
      : switches(quick ? 20'000 : 4'000'000),
        yields_each(quick ? 1000 : 200'000),
        units(quick ? 10'000 : 1'000'000),
        digits(quick ? 4 : 6),
        fib(quick ? 18 : 32),
        sleepers(quick ? 1000 : 100'000) {}
  std::uint64_t switches;
  std::uint64_t yields_each;
  std::uint32_t units;
  int digits;
  std::uint64_t fib;
  std::uint32_t sleepers;
};
constexpr std::uint32_t kYielders = 8;

std::function<Taken()> seconds_to(double scale, std::function<double()> take) {
  return [scale, take = std::move(take)] { return Taken(std::vector{take() * scale}); };
}

void add_switches(Table& table, const Amounts& much) {
  const double each = 1e9 / static_cast<double>(much.switches);
  for (const bool fp : {false, true}) {
    const std::string suffix = fp ? ", floating point" : "";
    table.add({"switch" + suffix}, "ns",
              seconds_to(each, [=] { return own_switches(much.switches, fp); }));
    table.add({"switch, fcontext" + suffix}, "ns",
              seconds_to(each, [=] { return boost_switches(much.switches, fp); }));
  }
  table.add({"switch, its computing alone"}, "ns",
            seconds_to(each, [=] { return computing(much.switches); }));
}

void add_executor(Table& table, const Amounts& much, const std::string& kind, unsigned threads,
                  Executor& executor) {
  const std::string suffix = ", " + kind + ", T=" + std::to_string(threads);
  // What it costs one of the processors.
  const double yields_all = static_cast<double>(much.yields_each) * kYielders / threads;
  const double each = 1e9 / much.units;
  table.add({"yield" + suffix}, "ns", seconds_to(1e9 / yields_all, [=, &executor] {
              return yields(executor, kYielders, much.yields_each);
            }));
  table.add({"spawn + join" + suffix}, "ns",
            seconds_to(each, [=, &executor] { return empty_units(executor, much.units); }));
  table.add({"fork + join" + suffix}, "ns",
            seconds_to(each, [=, &executor] { return forks(executor, much.units); }));
  table.add({"channel" + suffix}, "ns",
            seconds_to(each, [=, &executor] { return ping_pong(executor, much.units); }));
  table.add({"skynet" + suffix}, "ms",
            seconds_to(1e3, [=, &executor] { return skynet(executor, much.digits); }));
  table.add({"fib" + suffix}, "ms",
            seconds_to(1e3, [=, &executor] { return fib(executor, much.fib); }));
  table.add({"sleepers" + suffix, "sleepers, late" + suffix}, "ms", [=, &executor] {
    const Slept slept = sleepers(executor, much.sleepers);
    return Taken(std::vector{slept.wall_s * 1e3, slept.late_p99_s * 1e3});
  });
}

void add_parked(Table& table, const Amounts& much, const std::string& kind) {
  table.add({"parked, " + kind}, "B", [=] {
    const std::string self = "/proc/" + std::to_string(getpid()) + "/exe";
    return numbers_of({self, "--park", kind, std::to_string(much.units)});
  });
}

// `scale`: from what go_units prints.
void add_go(Table& table, const std::string& name, const char* unit, double scale, const char* what,
            unsigned processors, std::uint64_t count) {
  if (access(kGoUnits, X_OK) != 0) {
    table.add_missing(name);
    return;
  }
  table.add({name}, unit, [=]() -> Taken {
    Taken taken = numbers_of({kGoUnits, what, std::to_string(processors), std::to_string(count)});
    if (taken) {
      taken = std::vector<double>{taken->front() * scale};
    }
    return taken;
  });
}

void add_peers(Table& table, const Amounts& much) {
  if (boost_fibers_installed()) {
    table.add({"spawn + join, Boost.Fiber"}, "ns",
              seconds_to(1e9 / much.units, [=] { return boost_fibers(much.units).value_or(0); }));
  } else {
    table.add_missing("spawn + join, Boost.Fiber");
  }
  std::uint64_t leaves = 1;
  for (int i = 0; i < much.digits; ++i) {
    leaves *= 10;
  }
  for (const unsigned t : {1U, 2U}) {
    const std::string suffix = ", T=" + std::to_string(t);
    table.add({"skynet, TBB" + suffix}, "ms",
              seconds_to(1e3, [=] { return tbb_skynet(t, much.digits); }));
    table.add({"fib, TBB" + suffix}, "ms", seconds_to(1e3, [=] { return tbb_fib(t, much.fib); }));
    add_go(table, "yield, Go" + suffix, "ns", t, "yield", t, much.yields_each * kYielders);
    add_go(table, "spawn + join, Go" + suffix, "ns", 1, "spawn", t, much.units);
    add_go(table, "channel, Go" + suffix, "ns", 1, "channel", t, much.units);
    add_go(table, "skynet, Go" + suffix, "ms", 1e3, "skynet", t, leaves);
    add_go(table, "fib, Go" + suffix, "ms", 1e3, "fib", t, much.fib);
  }
  add_go(table, "sleepers, Go, T=2", "ms", 1e3, "sleep", 2, much.sleepers);
  add_go(table, "parked, Go", "B", 1, "park", 1, much.units);
}

void add_rows(Table& table) {
  table.compare("a raw switch", "switch", "switch, fcontext", "fcontext", "<= 0.6");
  table.compare("a raw switch, floating point on both stacks", "switch, floating point",
                "switch, fcontext, floating point", "fcontext", "<= 0.1");
  table.compare("`green`, yield, T=1", "yield, green, T=1", "yield, Go, T=1", "Go",
                "<= 10 ns; <= 0.25");
  table.compare("`green`, yield, T=2: of one processor's time", "yield, green, T=2",
                "yield, Go, T=2", "Go", "<= 20 ns; <= 0.25");
  table.compare("`green`, spawn + join, T=1", "spawn + join, green, T=1", "spawn + join, Go, T=1",
                "Go", "<= 60 ns; <= 0.25");
  table.compare("`green`, spawn + join, T=1", "spawn + join, green, T=1",
                "spawn + join, Boost.Fiber", "Boost.Fiber, pooled stacks", "<= 0.15");
  table.value("`green`, fork + join, T=1", "fork + join, green, T=1", "<= 60 ns");
  table.value("`coroutine`, spawn + join, T=1", "spawn + join, coroutine, T=1", "<= 12 ns");
  table.value("`coroutine`, fork + join, T=1", "fork + join, coroutine, T=1", "<= 12 ns");
  table.value("`coroutine`, yield, T=1", "yield, coroutine, T=1", "<= 6 ns");
  for (const std::string kind : {"green", "coroutine"}) {
    table.compare("`" + kind + "`, channel ping-pong, one way, T=1", "channel, " + kind + ", T=1",
                  "channel, Go, T=1", "Go", "<= 60 ns; <= 0.35");
  }
  for (const std::string tree : {"skynet", "fib"}) {
    const std::string what = tree == "fib" ? "fib(32)" : "skynet 1e6";
    for (const std::string t : {", T=1", ", T=2"}) {
      const std::string own = tree + ", coroutine" + t;
      table.compare("`coroutine`, " + what + t, own, tree + ", TBB" + t, "TBB", "<= 0.6");
      table.compare("`coroutine`, " + what + t, own, tree + ", Go" + t, "Go", "<= 0.05");
    }
    table.speed_up("`coroutine`, " + what + ", speed-up", tree + ", coroutine, T=1",
                   tree + ", coroutine, T=2", ">= 1.8");
  }
  table.compare("one of 1e6 parked, `green`", "parked, green", "parked, Go", "Go", "<= 4300 B");
  table.compare("one of 1e6 parked, `coroutine`", "parked, coroutine", "parked, Go", "Go",
                "<= 128 B");
  for (const std::string kind : {"green", "coroutine"}) {
    table.compare("`" + kind + "`, 1e5 sleeps of 10 ms, T=2", "sleepers, " + kind + ", T=2",
                  "sleepers, Go, T=2", "Go", "<= 0.5");
    table.value("`" + kind + "`, 1e5 sleeps of 10 ms, T=2, p99 late",
                "sleepers, late, " + kind + ", T=2", "<= 10 ms");
  }
}

int measure(bool quick, std::size_t rounds, const std::string& only) {
  const Amounts much(quick);
  const auto green_1 = make("green", 1);
  const auto green_2 = make("green", 2);
  const auto frames_1 = make("coroutine", 1);
  const auto frames_2 = make("coroutine", 2);
  Table table(only);
  add_switches(table, much);
  add_executor(table, much, "green", 1, *green_1);
  add_executor(table, much, "green", 2, *green_2);
  add_executor(table, much, "coroutine", 1, *frames_1);
  add_executor(table, much, "coroutine", 2, *frames_2);
  add_parked(table, much, "green");
  add_parked(table, much, "coroutine");
  add_peers(table, much);
  table.measure(rounds);
  add_rows(table);
  table.print_figures();
  print_table(table.rows());
  return 0;
}

}  // namespace
}  // namespace strata::bench

int main(int argc, char** argv) {
  using namespace strata::bench;
  if (argc == 4 && std::string_view(argv[1]) == "--park") {
    const auto executor = make(argv[2], 1);
    const auto units = static_cast<std::uint32_t>(std::max(1L, std::atol(argv[3])));
    std::printf("%.1f\n", parked_bytes(*executor, units));
    return 0;
  }
  bool quick = false;
  std::size_t rounds = 9;
  std::string only;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--quick") {
      quick = true;
      rounds = 3;
    } else if (word == "--rounds" && i + 1 < argc) {
      rounds = static_cast<std::size_t>(std::max(1, std::atoi(argv[++i])));
    } else if (word == "--only" && i + 1 < argc) {
      only = argv[++i];
    } else {
      std::fprintf(stderr,
                   "many_units: '%s' is no option; there are --quick, --rounds N, --only WORD and "
                   "--park EXECUTOR UNITS\n",
                   argv[i]);
      return 2;
    }
  }
  return measure(quick, rounds, only);
}
