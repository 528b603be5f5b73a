// The bodies that many_units measures, each checked.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "shared/unit/channel.h"
#include "shared/unit/join.h"
#include "shared/unit/latch.h"
#include "tests/bench/many_units.h"
#include "tests/conformance/fake_source.h"

namespace strata::bench {
namespace {

template <typename Body>
double run(Executor& executor, std::uint32_t units, std::uint64_t expected, Body body,
           bool together = false) {
  const BodyJob job(std::move(body));
  FakeSource source(job);
  if (together) {
    source.together(units);
  } else {
    source.lease(units);
  }
  const auto begin = std::chrono::steady_clock::now();
  executor.run(source);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  if (source.sums()[0] != expected) {
    std::fprintf(stderr, "many_units: the sum is %lu and should be %lu\n",
                 static_cast<unsigned long>(source.sums()[0]),
                 static_cast<unsigned long>(expected));
    std::exit(1);
  }
  return took.count();
}

Co<void> nothing() { co_return; }

Co<std::uint64_t> sky(Unit& unit, std::uint64_t first, std::uint64_t size) {
  if (size == 1) {
    co_return first;
  }
  Join join(unit);
  std::array<std::uint64_t, 10> sums;
  const std::uint64_t part = size / sums.size();
  for (std::size_t i = 0; i < sums.size(); ++i) {
    co_await join.fork(sky(unit, first + i * part, part), sums[i]);
  }
  co_await join.wait();
  std::uint64_t sum = 0;
  for (const std::uint64_t each : sums) {
    sum += each;
  }
  co_return sum;
}

Co<std::uint64_t> fib_of(Unit& unit, std::uint64_t n) {
  if (n < 2) {
    co_return n;
  }
  Join join(unit);
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  co_await join.fork(fib_of(unit, n - 1), a);
  co_await join.call(fib_of(unit, n - 2), b);
  co_await join.wait();
  co_return a + b;
}

std::uint64_t power_of_ten(int digits) {
  std::uint64_t power = 1;
  for (int i = 0; i < digits; ++i) {
    power *= 10;
  }
  return power;
}

std::uint64_t plain_fib(std::uint64_t n) {
  std::uint64_t a = 0;
  std::uint64_t b = 1;
  for (std::uint64_t i = 0; i < n; ++i) {
    b += std::exchange(a, b);
  }
  return a;
}

}  // namespace

double yields(Executor& executor, std::uint32_t units, std::uint64_t yields) {
  return run(executor, units, units, [yields](Unit& unit) -> Co<void> {
    for (std::uint64_t i = 0; i < yields; ++i) {
      co_await unit.yield();
    }
    unit.add(0, 1);
  });
}

double empty_units(Executor& executor, std::uint32_t units) {
  return run(executor, units, units, [](Unit& unit) -> Co<void> {
    unit.add(0, 1);
    co_return;
  });
}

double forks(Executor& executor, std::uint64_t count) {
  return run(executor, 1, count, [count](Unit& unit) -> Co<void> {
    for (std::uint64_t i = 0; i < count; ++i) {
      Join join(unit);
      co_await join.fork(nothing());
      co_await join.wait();
    }
    unit.add(0, count);
  });
}

double ping_pong(Executor& executor, std::uint64_t count) {
  Channel<std::uint64_t> there(0);
  Channel<std::uint64_t> back(0);
  const std::uint64_t turns = count / 2;
  return run(
      executor, 2, turns,
      [&there, &back, turns](Unit& unit) -> Co<void> {
        Channel<std::uint64_t>& in = unit.index() == 0 ? back : there;
        Channel<std::uint64_t>& out = unit.index() == 0 ? there : back;
        for (std::uint64_t i = 0; i < turns; ++i) {
          if (unit.index() == 0) {
            co_await out.send(unit, i);
          }
          auto got = co_await in.receive(unit);
          if (unit.index() != 0) {
            co_await out.send(unit, *got);
          } else if (*got == i) {
            unit.add(0, 1);
          }
        }
      },
      true);
}

Slept sleepers(Executor& executor, std::uint32_t units) {
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kEach{10};
  std::vector<double> late(units);
  Slept slept;
  slept.wall_s = run(executor, units, units, [&late](Unit& unit) -> Co<void> {
    const Clock::time_point before = Clock::now();
    co_await unit.sleep(kEach);
    late[unit.index()] = std::chrono::duration<double>(Clock::now() - before - kEach).count();
    unit.add(0, 1);
  });
  const auto at = late.begin() + static_cast<std::ptrdiff_t>(0.99 * (units - 1));
  std::nth_element(late.begin(), at, late.end());
  slept.late_p99_s = *at;
  return slept;
}

double parked_bytes(Executor& executor, std::uint32_t units) {
  const auto resident = [] {
    std::ifstream rollup("/proc/self/smaps_rollup");
    for (std::string word; rollup >> word;) {
      if (word == "Pss:") {
        double kilobytes = 0;
        rollup >> kilobytes;
        return kilobytes * 1024;
      }
    }
    std::fprintf(stderr, "many_units: this kernel tells no Pss\n");
    std::exit(1);
  };
  Latch end(1);
  double before = 0;
  double after = 0;
  run(executor, units, units, [&, units](Unit& unit) -> Co<void> {
    if (unit.index() == 0) {
      before = resident();
    }
    if (unit.index() + 1 == units) {  // With one processor all others wait by now.
      after = resident();
      end.count_down();
    }
    co_await end.wait(unit);
    unit.add(0, 1);
  });
  return (after - before) / units;
}

double skynet(Executor& executor, int digits) {
  const std::uint64_t size = power_of_ten(digits);
  return run(executor, 1, size * (size - 1) / 2,
             [size](Unit& unit) -> Co<void> { unit.add(0, co_await sky(unit, 0, size)); });
}

double fib(Executor& executor, std::uint64_t n) {
  return run(executor, 1, plain_fib(n),
             [n](Unit& unit) -> Co<void> { unit.add(0, co_await fib_of(unit, n)); });
}

}  // namespace strata::bench
