#include "shared/host/placement.h"

#include <algorithm>
#include <cstddef>

#include "shared/host/pages.h"

namespace strata {

std::vector<int> pin_order(Pin pin, const UsableCpus& usable) {
  std::vector<int> order = pin == Pin::kSpread ? spread_order(usable.affinity) : usable.affinity;
  order.resize(std::min(order.size(), kMaxCpus));
  return order;
}

std::vector<int> carrier_cpus(Pin pin, std::span<const int> order, std::uint32_t threads,
                              std::uint32_t place) {
  std::vector<int> cpus;
  if (pin != Pin::kNone) {
    for (std::uint32_t t = 0; t < threads; ++t) {
      cpus.push_back(order[(std::size_t{place} * threads + t) % order.size()]);
    }
  }
  return cpus;
}

std::vector<int> worker_cpus(Pin pin, std::span<const int> order, std::uint32_t threads,
                             std::uint32_t place) {
  std::vector<int> cpus = pin == Pin::kNone ? std::vector<int>(order.begin(), order.end())
                                            : carrier_cpus(pin, order, threads, place);
  std::sort(cpus.begin(), cpus.end());
  cpus.erase(std::unique(cpus.begin(), cpus.end()), cpus.end());
  return cpus;
}

}  // namespace strata
