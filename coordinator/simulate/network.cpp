#include "coordinator/simulate/network.h"

#include <algorithm>
#include <limits>

namespace strata {

Network::Network(EventQueue& queue, Random& random, Judge& judge, const FaultPlan& plan)
    : queue_(queue),
      random_(random),
      judge_(judge),
      plan_(plan),
      cut_until_ns_(plan.core.hosts, 0) {}

void Network::send(std::uint32_t host, const std::function<void()>& arrive) {
  const auto deliver_once = [&] {
    queue_.after(random_.between(plan_.delay_low_ns, plan_.delay_high_ns), [this, host, arrive] {
      if (queue_.now_ns() >= cut_until_ns_[host]) {
        arrive();
      } else {
        ++judge_.happened.messages_lost;
      }
    });
  };
  if (random_.chance(plan_.loss_per_mille)) {
    ++judge_.happened.messages_lost;
    return;
  }
  deliver_once();
  if (random_.chance(plan_.repeat_per_mille)) {
    ++judge_.happened.messages_repeated;
    deliver_once();
  }
}

void Network::partition(std::uint32_t host, std::uint64_t for_ns) {
  cut_until_ns_[host] = std::max(cut_until_ns_[host], queue_.now_ns() + for_ns);
}

void Network::cut(std::uint32_t host) {
  cut_until_ns_[host] = std::numeric_limits<std::uint64_t>::max();
}

}  // namespace strata
