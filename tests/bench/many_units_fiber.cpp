// Boost.Fiber as a peer, where it is installed: fibers on pooled stacks, made and joined.
#include "tests/bench/many_units.h"

#if STRATA_BENCH_BOOST_FIBER
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/pooled_fixedsize_stack.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

namespace strata::bench {

bool boost_fibers_installed() { return true; }

std::optional<double> boost_fibers(std::uint64_t count) {
  constexpr std::uint64_t kBatch = 1000;  // As in go_units: many alive at once, and stacks reused.
  constexpr std::size_t kStackBytes = std::size_t{64} * 1024;
  boost::fibers::pooled_fixedsize_stack stacks(kStackBytes);
  std::vector<boost::fibers::fiber> batch;
  batch.reserve(kBatch);
  std::uint64_t ran = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint64_t made = 0; made < count; made += kBatch) {
    for (std::uint64_t i = 0; i < kBatch; ++i) {
      batch.emplace_back(std::allocator_arg, stacks, [&ran] { ++ran; });
    }
    for (boost::fibers::fiber& each : batch) {
      each.join();
    }
    batch.clear();
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  if (ran != count) {
    std::fprintf(stderr, "many_units: Boost.Fiber ran %lu of %lu fibers\n",
                 static_cast<unsigned long>(ran), static_cast<unsigned long>(count));
    std::exit(1);
  }
  return took.count();
}

}  // namespace strata::bench

#else

namespace strata::bench {
bool boost_fibers_installed() { return false; }
std::optional<double> boost_fibers(std::uint64_t /*count*/) { return {}; }
}  // namespace strata::bench

#endif
