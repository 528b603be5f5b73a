#include "shared/stats/shuffle.h"

#include <numeric>
#include <utility>

namespace strata {

std::uint64_t draw_below(std::mt19937_64& random, std::uint64_t bound) {
  // 2^64 mod bound, computed without 2^64: that many numbers at the bottom are refused.
  const std::uint64_t refused = (0 - bound) % bound;
  std::uint64_t drawn = random();
  while (drawn < refused) {
    drawn = random();
  }
  return drawn % bound;
}

void shuffle(std::vector<std::size_t>& items, std::mt19937_64& random) {
  for (std::size_t i = items.size(); i > 1; --i) {
    std::swap(items[i - 1], items[static_cast<std::size_t>(draw_below(random, i))]);
  }
}

std::vector<std::vector<std::size_t>> round_orders(std::size_t items, std::size_t rounds,
                                                   std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::vector<std::size_t>> orders(rounds);
  for (std::vector<std::size_t>& order : orders) {
    order.resize(items);
    std::iota(order.begin(), order.end(), std::size_t{0});
    shuffle(order, random);
  }
  return orders;
}

}  // namespace strata
