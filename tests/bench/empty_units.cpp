// What executors cost by themselves: empty units on `pool` against three ways to say the same in
// TBB, the kernel in a plain loop against `serial` and `pool`, and sleeping units on `threads`
// against bare pthreads. Everything is interleaved in random order and compared by medians of the
// same run.
//
//     empty_units [--quick]
//
// Prints a table for people, and for programs one line a fact: ratio <name> <value> target <= 0.5
#include <pthread.h>
#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "shared/unit/kernel.h"
#include "tests/conformance/fake_source.h"
#include "worker/executors/executors.h"

namespace strata {
namespace {

using Clock = std::chrono::steady_clock;

// The body of an empty unit in TBB: cheaper than any reduction that TBB offers, so as not to charge
// it for one.
thread_local std::uint64_t tbb_sum = 0;
void tbb_unit(std::uint64_t index) { tbb_sum += compute_kernel(1, index, 0); }

void tbb_flat(std::uint64_t units) {
  tbb::task_group group;
  for (std::uint64_t i = 0; i < units; ++i) {
    group.run([i] { tbb_unit(i); });
  }
  group.wait();
}

// Halves down to leaves of 64 units, each leaf makes a task of each of its units.
void tbb_grow(tbb::task_group& group, std::uint64_t first, std::uint64_t last) {
  while (last - first > 64) {
    const std::uint64_t middle = first + (last - first) / 2;
    group.run([&group, middle, last] { tbb_grow(group, middle, last); });
    last = middle;
  }
  for (std::uint64_t i = first; i < last; ++i) {
    group.run([i] { tbb_unit(i); });
  }
}
void tbb_tree(std::uint64_t units) {
  tbb::task_group group;
  group.run([&group, units] { tbb_grow(group, 0, units); });
  group.wait();
}

void tbb_for(std::uint64_t units) {
  tbb::parallel_for(
      tbb::blocked_range<std::uint64_t>(0, units, 1),
      [](const tbb::blocked_range<std::uint64_t>& range) {
        for (std::uint64_t i = range.begin(); i != range.end(); ++i) {
          tbb_unit(i);
        }
      },
      tbb::simple_partitioner());
}

double seconds(const std::function<void()>& work) {
  const auto begin = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double with_tbb(unsigned threads, void (*form)(std::uint64_t), std::uint64_t units) {
  const tbb::global_control control(tbb::global_control::max_allowed_parallelism, threads);
  tbb::task_arena arena(static_cast<int>(threads));
  double took = 0;
  arena.execute([&] {
    form(units / 10);  // Wakes its threads.
    took = seconds([&] { form(units); });
  });
  return took;
}

// The body as a workload has it.
class ComputeUnits final : public Job {
 public:
  explicit ComputeUnits(std::uint64_t operations) : operations_(operations) {}
  Result<Plan> plan(const PlanContext&) override { return Plan{}; }
  Outcome finish(const Results&, const std::string&) override { return {}; }
  Co<void> body(Unit& unit) const override { unit.add(0, co_await unit.compute(operations_)); }

 private:
  const std::uint64_t operations_;
};

// Units of `operations` in leases of `units_a_lease`; the sum is checked.
double with_executor(Executor& executor, std::uint64_t units, std::uint32_t units_a_lease,
                     std::uint64_t operations) {
  const ComputeUnits job(operations);
  FakeSource warm(job);
  warm.leases(units / 10, units_a_lease);
  executor.run(warm);
  FakeSource source(job);
  source.leases(units, units_a_lease);
  const double took = seconds([&] { executor.run(source); });
  if (operations == 0) {
    std::uint64_t expected = 0;
    for (std::uint64_t i = 0; i < units; ++i) {
      expected += compute_kernel(1, i, 0);
    }
    if (source.sums()[0] != expected) {
      std::fprintf(stderr, "empty_units: the sum is wrong\n");
      std::exit(1);
    }
  }
  return took;
}

double in_plain_loop(std::uint64_t units, std::uint64_t operations) {
  volatile std::uint64_t kept = 0;
  return seconds([&] {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < units; ++i) {
      sum += compute_kernel(1, i, operations);
    }
    kept = sum;
  });
}

constexpr auto kNap = std::chrono::milliseconds(10);

double with_pthreads(std::size_t count) {
  return seconds([count] {
    std::vector<pthread_t> threads(count);
    for (pthread_t& thread : threads) {
      const int error = pthread_create(
          &thread, nullptr,
          [](void*) -> void* {
            std::this_thread::sleep_for(kNap);
            return nullptr;
          },
          nullptr);
      if (error != 0) {
        std::fprintf(stderr, "empty_units: pthread_create gave %d\n", error);
        std::exit(3);
      }
    }
    for (const pthread_t thread : threads) {
      pthread_join(thread, nullptr);
    }
  });
}

double with_sleepers(Executor& executor, std::uint64_t count) {
  const BodyJob job([](Unit& unit) -> Co<void> { co_await unit.sleep(kNap); });
  FakeSource source(job);
  source.leases(count, 16);
  return seconds([&] { executor.run(source); });
}

struct Measurement {
  std::string name;
  std::string unit;  // What `scale` turns seconds into.
  double scale;
  std::function<double()> take;  // Seconds
  std::vector<double> taken{};

  [[nodiscard]] double quantile(double q) const {
    std::vector<double> sorted = taken;
    std::sort(sorted.begin(), sorted.end());
    return sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1) + 0.5)];
  }
  [[nodiscard]] double median() const { return quantile(0.5); }
};

double median_of(const std::vector<Measurement>& all, std::string_view name) {
  for (const Measurement& one : all) {
    if (one.name == name) {
      return one.median();
    }
  }
  std::fprintf(stderr, "empty_units: no measurement is named so\n");
  std::exit(1);
}

void print_ratio(const std::string& name, double value, const char* target) {
  std::printf("ratio %s %.3f target %s\n", name.c_str(), value, target);
}

int measure(bool quick) {
  const std::uint64_t units = quick ? 20'000 : 1'000'000;
  const auto all_in_one = static_cast<std::uint32_t>(units);
  constexpr std::uint32_t kLease = 1024;
  const int rounds = quick ? 3 : 9;
  const double per_unit_ns = 1e9 / static_cast<double>(units);
  const std::uint64_t grains = quick ? 50 : 500;
  const auto grain = static_cast<std::uint64_t>(calibrate_operations_per_us() * 100);
  const std::uint64_t sleepers = quick ? 50 : 1000;

  ExecutorConfig one;
  ExecutorConfig two;
  two.threads = 2;
  ExecutorConfig many;
  many.in_flight = static_cast<std::uint32_t>(sleepers);
  const auto serial = make_executor("serial", one);
  const auto pool_1 = make_executor("pool", one);
  const auto pool_2 = make_executor("pool", two);
  const auto threads = make_executor("threads", many);

  std::vector<Measurement> all;
  const auto add = [&all](std::string name, const char* unit, double scale,
                          std::function<double()> take) {
    all.push_back({std::move(name), unit, scale, std::move(take)});
  };
  for (const unsigned t : {1U, 2U}) {
    const std::string suffix = ", T=" + std::to_string(t);
    Executor& pool = t == 1 ? *pool_1 : *pool_2;
    add("TBB task_group, flat" + suffix, "ns", per_unit_ns,
        [=] { return with_tbb(t, tbb_flat, units); });
    add("TBB task_group, tree" + suffix, "ns", per_unit_ns,
        [=] { return with_tbb(t, tbb_tree, units); });
    add("TBB parallel_for, grain 1" + suffix, "ns", per_unit_ns,
        [=] { return with_tbb(t, tbb_for, units); });
    add("pool, one lease" + suffix, "ns", per_unit_ns,
        [=, &pool] { return with_executor(pool, units, all_in_one, 0); });
    add("pool, leases of 1024" + suffix, "ns", per_unit_ns,
        [=, &pool] { return with_executor(pool, units, kLease, 0); });
  }
  const double per_grain_us = 1e6 / static_cast<double>(grains);
  add("kernel of 100 us, plain loop", "us", per_grain_us,
      [=] { return in_plain_loop(grains, grain); });
  add("kernel of 100 us, serial", "us", per_grain_us,
      [=, &serial] { return with_executor(*serial, grains, 64, grain); });
  add("kernel of 100 us, pool T=1", "us", per_grain_us,
      [=, &pool_1] { return with_executor(*pool_1, grains, 64, grain); });
  add("kernel of 100 us, pool T=2", "us", per_grain_us,
      [=, &pool_2] { return with_executor(*pool_2, grains, 64, grain); });
  add("sleep of 10 ms, bare pthreads", "ms", 1e3, [=] { return with_pthreads(sleepers); });
  add("sleep of 10 ms, threads", "ms", 1e3,
      [=, &threads] { return with_sleepers(*threads, sleepers); });

  std::vector<Measurement*> order;
  for (Measurement& measurement : all) {
    order.push_back(&measurement);
  }
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same order every time is meant.
  for (int round = 0; round < rounds; ++round) {
    std::shuffle(order.begin(), order.end(), random);
    for (Measurement* measurement : order) {
      measurement->taken.push_back(measurement->take());
    }
  }

  std::printf("%-34s %10s %10s %10s   of %d interleaved rounds\n", "", "median", "lowest",
              "highest", rounds);
  for (const Measurement& m : all) {
    std::printf("%-34s %10.2f %10.2f %10.2f %s\n", m.name.c_str(), m.median() * m.scale,
                m.quantile(0) * m.scale, m.quantile(1) * m.scale, m.unit.c_str());
  }
  for (const std::string suffix : {", T=1", ", T=2"}) {
    const double best = std::min({median_of(all, "TBB task_group, flat" + suffix),
                                  median_of(all, "TBB task_group, tree" + suffix),
                                  median_of(all, "TBB parallel_for, grain 1" + suffix)});
    const std::string name = suffix == ", T=1" ? "pool_to_tbb_T1" : "pool_to_tbb_T2";
    print_ratio(name, median_of(all, "pool, one lease" + suffix) / best, "<= 0.5");
    print_ratio(name + "_leases_of_1024", median_of(all, "pool, leases of 1024" + suffix) / best,
                "<= 0.5");
  }
  const double plain = median_of(all, "kernel of 100 us, plain loop");
  print_ratio("serial_to_plain_loop", median_of(all, "kernel of 100 us, serial") / plain,
              "<= 1.03");
  print_ratio("pool_T1_to_plain_loop", median_of(all, "kernel of 100 us, pool T=1") / plain,
              "<= 1.03");
  print_ratio(
      "threads_to_bare_pthreads",
      median_of(all, "sleep of 10 ms, threads") / median_of(all, "sleep of 10 ms, bare pthreads"),
      "<= 1.2");
  return 0;
}

}  // namespace
}  // namespace strata

int main(int argc, char** argv) {
  bool quick = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--quick") {
      quick = true;
    } else if (!word.empty()) {
      std::fprintf(stderr, "empty_units: '%s' is not an option; the only one is --quick\n",
                   argv[i]);
      return 2;
    }
  }
  return strata::measure(quick);
}
