// What the global lock does to units, measured on the executor `gil` as peers/gil_python.py
// measures it on CPython's own threads: the same loops for the same times, and the same line of
// figures.
//
//     gil_units SECONDS SLEEPS
//
// Prints: throughput of 2 and of 4 computing units over that of 1, voluntary context switches a
// second with 2 and with 4, and by how many ms sleep(1 ms) wakes late (the median) beside 1 and
// beside 4 units that compute.
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "shared/os/clock.h"
#include "shared/unit/kernel.h"
#include "tests/conformance/fake_source.h"
#include "worker/executors/executors.h"

namespace strata {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kOperations = 1000 * kKernelStepOperations;

void run_units(const Job& job, std::uint32_t units, Sums& sums) {
  ExecutorConfig config;
  config.in_flight = units;
  FakeSource source(job);
  source.lease(units);
  make_executor("gil", config)->run(source);
  sums = source.sums();
}

std::uint64_t voluntary_switches() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_nvcsw);
}

struct Rates {
  double work = 0;      // A second, in calls of compute()
  double switches = 0;  // A second
};

Rates computing(std::uint32_t units, double seconds) {
  const std::uint64_t begin_ns = now_ns();
  const std::uint64_t end_ns = begin_ns + static_cast<std::uint64_t>(seconds * 1e9);
  const BodyJob job([end_ns](Unit& unit) -> Co<void> {
    while (now_ns() < end_ns) {
      co_await unit.compute(kOperations);
      unit.add(0, 1);
    }
  });
  const std::uint64_t switches = voluntary_switches();
  Sums sums;
  run_units(job, units, sums);
  const double took_s = seconds_between(begin_ns, now_ns());
  return {static_cast<double>(sums[0]) / took_s,
          static_cast<double>(voluntary_switches() - switches) / took_s};
}

double median_late_ms(std::uint32_t hogs, std::size_t sleeps) {
  std::vector<double> late_ms;
  std::atomic<bool> over{false};
  const BodyJob job([&](Unit& unit) -> Co<void> {
    if (unit.index() < hogs) {
      while (!over.load(std::memory_order_relaxed)) {
        co_await unit.compute(kOperations);
      }
      co_return;
    }
    for (std::size_t i = 0; i < sleeps; ++i) {
      const std::uint64_t begin_ns = now_ns();
      co_await unit.sleep(1ms);
      late_ms.push_back(seconds_between(begin_ns, now_ns()) * 1e3 - 1);
    }
    over.store(true, std::memory_order_relaxed);  // Nothing but the end of the hogs rides on it.
  });
  Sums sums;
  run_units(job, hogs + 1, sums);
  std::nth_element(late_ms.begin(), late_ms.begin() + static_cast<std::ptrdiff_t>(sleeps / 2),
                   late_ms.end());
  return late_ms[sleeps / 2];
}

}  // namespace
}  // namespace strata

int main(int argc, char** argv) {
  const double seconds = argc == 3 ? std::atof(argv[1]) : 0;
  const std::size_t sleeps = argc == 3 ? std::strtoul(argv[2], nullptr, 10) : 0;
  if (!(seconds > 0) || sleeps == 0) {
    std::fprintf(stderr, "gil_units SECONDS SLEEPS\n");
    return 2;
  }
  const strata::Rates one = strata::computing(1, seconds);
  const strata::Rates two = strata::computing(2, seconds);
  const strata::Rates four = strata::computing(4, seconds);
  const double beside_one = strata::median_late_ms(1, sleeps);
  const double beside_four = strata::median_late_ms(4, sleeps);
  std::printf("%.4f %.4f %.1f %.1f %.4f %.4f\n", two.work / one.work, four.work / one.work,
              two.switches, four.switches, beside_one, beside_four);
}
