// Two stacks that switch to each other: strata's switch, and fcontext.
#include <boost/context/detail/fcontext.hpp>
#include <chrono>
#include <vector>

#include "tests/bench/many_units.h"
#include "worker/fiber/context.h"

namespace strata::bench {
namespace {

constexpr std::size_t kStackBytes = std::size_t{64} * 1024;

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// Inexact: sets a sticky flag of MXCSR, and so makes it differ from the other stack's.
void compute_a_little() {
  volatile double third = 1;
  third = third / 3;
}
// Exact: sets none.
void compute_exactly() {
  volatile double one = 1;
  one = one + 1;
}
void forget_sticky_flags() {
  std::uint32_t modes = 0x1f80;
  asm volatile("ldmxcsr %0" : : "m"(modes));
}

struct Pair {
  Context main;
  Context other;
};

void go_back(void* argument) {
  auto& pair = *static_cast<Pair*>(argument);
  for (;;) {
    switch_context(pair.other, pair.main);
  }
}
void compute_and_go_back(void* argument) {
  auto& pair = *static_cast<Pair*>(argument);
  for (;;) {
    compute_a_little();
    switch_context(pair.other, pair.main);
  }
}

void boost_go_back(boost::context::detail::transfer_t from) {
  for (;;) {
    from = boost::context::detail::jump_fcontext(from.fctx, nullptr);
  }
}
void boost_compute_and_go_back(boost::context::detail::transfer_t from) {
  for (;;) {
    compute_a_little();
    from = boost::context::detail::jump_fcontext(from.fctx, nullptr);
  }
}

}  // namespace

double own_switches(std::uint64_t count, bool floating_point) {
  std::vector<std::byte> stack(kStackBytes);
  Pair pair;
  forget_sticky_flags();
  make_context(pair.other, stack.data(), stack.size(),
               floating_point ? compute_and_go_back : go_back, &pair);
  switch_context(pair.main, pair.other);
  if (floating_point) {
    forget_sticky_flags();
  }
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint64_t i = 0; i < count; i += 2) {
    switch_context(pair.main, pair.other);
    if (floating_point) {
      compute_exactly();
    }
  }
  return seconds_since(begin);
}

double computing(std::uint64_t count) {
  forget_sticky_flags();
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint64_t i = 0; i < count; i += 2) {
    compute_a_little();
    compute_exactly();
  }
  return seconds_since(begin);
}

double boost_switches(std::uint64_t count, bool floating_point) {
  namespace context = boost::context::detail;
  std::vector<std::byte> stack(kStackBytes);
  forget_sticky_flags();
  context::transfer_t other{
      context::make_fcontext(stack.data() + stack.size(), stack.size(),
                             floating_point ? boost_compute_and_go_back : boost_go_back),
      nullptr};
  other = context::jump_fcontext(other.fctx, nullptr);
  if (floating_point) {
    forget_sticky_flags();
  }
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint64_t i = 0; i < count; i += 2) {
    other = context::jump_fcontext(other.fctx, nullptr);
    if (floating_point) {
      compute_exactly();
    }
  }
  return seconds_since(begin);
}

}  // namespace strata::bench
