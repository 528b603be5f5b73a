// What `green` and `coroutine` cost, against peers in the same process: switches against
// Boost.Context's, trees of tasks against TBB's. Everything is taken once a round, in random order;
// a ratio is the median over rounds of the ratio within the round.
//
//     many_units [--quick] [--rounds N]
//
// Prints a table for people, and for programs one line a fact: ratio <name> <value> target <= 0.6
#include "tests/bench/many_units.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/many_units.h"
#include "worker/executors/executors.h"

namespace strata::bench {
namespace {

struct Measurement {
  std::string name;
  const char* unit;
  double scale;  // From seconds
  std::function<double()> take;
  std::vector<double> taken{};

  [[nodiscard]] double quantile(double q) const {
    std::vector<double> sorted = taken;
    std::sort(sorted.begin(), sorted.end());
    return sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1) + 0.5)];
  }
};

class Table {
 public:
  void add(std::string name, const char* unit, double scale, std::function<double()> take) {
    all_.push_back({std::move(name), unit, scale, std::move(take)});
  }
  void measure(int rounds) {
    std::vector<Measurement*> order;
    for (Measurement& each : all_) {
      order.push_back(&each);
    }
    std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same order every time is meant.
    for (int round = 0; round < rounds; ++round) {
      std::shuffle(order.begin(), order.end(), random);
      for (Measurement* each : order) {
        each->taken.push_back(each->take());
      }
    }
    std::printf("%-36s %9s %9s %9s      of %d interleaved rounds\n", "", "median", "lowest",
                "highest", rounds);
    for (const Measurement& each : all_) {
      std::printf("%-36s %9.2f %9.2f %9.2f %s\n", each.name.c_str(),
                  each.quantile(0.5) * each.scale, each.quantile(0) * each.scale,
                  each.quantile(1) * each.scale, each.unit);
    }
  }
  void ratio(const char* name, std::string_view upper, std::string_view lower,
             const char* target) const {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < at(upper).taken.size(); ++i) {
      ratios.push_back(at(upper).taken[i] / at(lower).taken[i]);
    }
    std::sort(ratios.begin(), ratios.end());
    std::printf("ratio %s %.3f target %s\n", name, ratios[ratios.size() / 2], target);
  }
  // The figure itself, in its unit.
  void value(const char* name, std::string_view of, const char* target) const {
    std::printf("ratio %s %.2f target %s\n", name, at(of).quantile(0.5) * at(of).scale, target);
  }

 private:
  [[nodiscard]] const Measurement& at(std::string_view name) const {
    for (const Measurement& each : all_) {
      if (each.name == name) {
        return each;
      }
    }
    std::fprintf(stderr, "many_units: nothing is named '%s'\n", std::string(name).c_str());
    std::exit(1);
  }
  std::vector<Measurement> all_;
};

int measure(bool quick, int rounds) {
  const std::uint64_t switches = quick ? 20'000 : 4'000'000;
  const std::uint64_t yields_each = quick ? 1000 : 200'000;
  constexpr std::uint32_t kYielders = 8;
  const std::uint32_t units = quick ? 10'000 : 1'000'000;
  const int digits = quick ? 4 : 6;
  const std::uint64_t n = quick ? 18 : 32;
  const std::uint32_t nappers = quick ? 1000 : 100'000;

  const auto make = [](const char* name, std::uint32_t threads) {
    ExecutorConfig config;
    config.threads = threads;
    return make_executor(name, config);
  };
  const auto green_1 = make("green", 1);
  const auto green_2 = make("green", 2);
  const auto frames_1 = make("coroutine", 1);
  const auto frames_2 = make("coroutine", 2);

  Table table;
  const auto ns = [](double count) { return 1e9 / count; };
  const auto switches_d = static_cast<double>(switches);
  for (const bool fp : {false, true}) {
    const std::string suffix = fp ? ", floating point" : "";
    table.add("switch" + suffix, "ns", ns(switches_d), [=] { return own_switches(switches, fp); });
    table.add("switch, fcontext" + suffix, "ns", ns(switches_d),
              [=] { return boost_switches(switches, fp); });
  }
  const double all_yields = static_cast<double>(yields_each) * kYielders;
  const auto per_unit = ns(units);
  struct Kind {
    std::string name;
    Executor& executor;
  };
  for (const Kind& kind : {Kind{"green, T=1", *green_1}, Kind{"green, T=2", *green_2},
                           Kind{"coroutine, T=1", *frames_1}, Kind{"coroutine, T=2", *frames_2}}) {
    Executor* executor = &kind.executor;
    table.add("yield, " + kind.name, "ns", ns(all_yields),
              [=] { return yields(*executor, kYielders, yields_each); });
    table.add("spawn + join, " + kind.name, "ns", per_unit,
              [=] { return empty_units(*executor, units); });
    table.add("fork + join, " + kind.name, "ns", per_unit, [=] { return forks(*executor, units); });
    table.add("skynet, " + kind.name, "ms", 1e3, [=] { return skynet(*executor, digits); });
    table.add("fib, " + kind.name, "ms", 1e3, [=] { return fib(*executor, n); });
    table.add("sleepers, " + kind.name, "ms", 1e3, [=] { return sleepers(*executor, nappers); });
  }
  for (const unsigned t : {1U, 2U}) {
    const std::string suffix = ", T=" + std::to_string(t);
    table.add("skynet, TBB" + suffix, "ms", 1e3, [=] { return tbb_skynet(t, digits); });
    table.add("fib, TBB" + suffix, "ms", 1e3, [=] { return tbb_fib(t, n); });
  }
  table.measure(rounds);

  table.ratio("switch_to_fcontext", "switch", "switch, fcontext", "<= 0.6");
  table.ratio("switch_to_fcontext_floating_point", "switch, floating point",
              "switch, fcontext, floating point", "<= 0.1");
  table.value("green_yield_T1_ns", "yield, green, T=1", "<= 10");
  table.value("green_yield_T2_ns", "yield, green, T=2", "<= 20");
  table.value("green_spawn_join_T1_ns", "spawn + join, green, T=1", "<= 60");
  table.value("green_fork_join_T1_ns", "fork + join, green, T=1", "<= 60");
  table.value("coroutine_spawn_join_T1_ns", "spawn + join, coroutine, T=1", "<= 12");
  table.value("coroutine_fork_join_T1_ns", "fork + join, coroutine, T=1", "<= 12");
  table.value("coroutine_yield_T1_ns", "yield, coroutine, T=1", "<= 6");
  for (const std::string t : {"T=1", "T=2"}) {
    table.ratio(("skynet_to_tbb_" + t).c_str(), "skynet, coroutine, " + t, "skynet, TBB, " + t,
                "<= 0.6");
    table.ratio(("fib_to_tbb_" + t).c_str(), "fib, coroutine, " + t, "fib, TBB, " + t, "<= 0.6");
  }
  table.ratio("skynet_speedup", "skynet, coroutine, T=1", "skynet, coroutine, T=2", ">= 1.8");
  table.ratio("fib_speedup", "fib, coroutine, T=1", "fib, coroutine, T=2", ">= 1.8");
  return 0;
}

}  // namespace
}  // namespace strata::bench

int main(int argc, char** argv) {
  bool quick = false;
  int rounds = 9;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--quick") {
      quick = true;
      rounds = 3;
    } else if (word == "--rounds" && i + 1 < argc) {
      rounds = std::max(1, std::atoi(argv[++i]));
    } else {
      std::fprintf(stderr, "many_units: '%s' is no option; there are --quick and --rounds N\n",
                   argv[i]);
      return 2;
    }
  }
  return strata::bench::measure(quick, rounds);
}
