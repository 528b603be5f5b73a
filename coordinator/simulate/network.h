// The messages between the core and the hosts, and what becomes of them on the way.
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "coordinator/simulate/event_queue.h"
#include "coordinator/simulate/fault_plan.h"
#include "coordinator/simulate/judge.h"
#include "coordinator/simulate/random.h"

namespace strata {

class Network {
 public:
  Network(EventQueue& queue, Random& random, Judge& judge, const FaultPlan& plan);

  // Between the core and `host`, in either direction: `arrive` happens once, never or twice.
  void send(std::uint32_t host, const std::function<void()>& arrive);
  // What is under way to or from the host, and what is sent before then, is lost.
  void partition(std::uint32_t host, std::uint64_t for_ns);
  void cut(std::uint32_t host);

 private:
  EventQueue& queue_;
  Random& random_;
  Judge& judge_;
  const FaultPlan& plan_;
  std::vector<std::uint64_t> cut_until_ns_;  // Of each host
};

}  // namespace strata
