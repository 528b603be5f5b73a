// The same trees as TBB's tasks.
#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "tests/bench/many_units.h"

namespace strata::bench {
namespace {

std::uint64_t sky(std::uint64_t first, std::uint64_t size) {
  if (size == 1) {
    return first;
  }
  std::array<std::uint64_t, 10> sums;
  const std::uint64_t part = size / sums.size();
  tbb::task_group group;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    group.run([&sums, i, first, part] { sums[i] = sky(first + i * part, part); });
  }
  group.wait();
  std::uint64_t sum = 0;
  for (const std::uint64_t each : sums) {
    sum += each;
  }
  return sum;
}

std::uint64_t fib_of(std::uint64_t n) {
  if (n < 2) {
    return n;
  }
  std::uint64_t a = 0;
  tbb::task_group group;
  group.run([&a, n] { a = fib_of(n - 1); });
  const std::uint64_t b = fib_of(n - 2);
  group.wait();
  return a + b;
}

template <typename Work>
double in_arena(unsigned threads, Work work) {
  const tbb::global_control control(tbb::global_control::max_allowed_parallelism, threads);
  tbb::task_arena arena(static_cast<int>(threads));
  double took = 0;
  arena.execute([&] {
    sky(0, 1000);  // Wakes its threads.
    const auto begin = std::chrono::steady_clock::now();
    work();
    took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  });
  return took;
}

}  // namespace

double tbb_skynet(unsigned threads, int digits) {
  return in_arena(threads, [digits] {
    std::uint64_t size = 1;
    for (int i = 0; i < digits; ++i) {
      size *= 10;
    }
    if (sky(0, size) != size * (size - 1) / 2) {
      std::fprintf(stderr, "many_units: TBB's skynet is wrong\n");
      std::exit(1);
    }
  });
}

double tbb_fib(unsigned threads, std::uint64_t n) {
  return in_arena(threads, [n] {
    if (fib_of(n) == 0) {
      std::exit(1);
    }
  });
}

}  // namespace strata::bench
