// Looks at every event that the core takes and every action that it gives, and holds them against
// what the virtual hosts really did. What is judged is listed in simulation.h.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/cluster/core.h"
#include "coordinator/simulate/fault_plan.h"
#include "coordinator/simulate/judge.h"
#include "coordinator/simulate/virtual_host.h"

namespace strata {

class Referee {
 public:
  Referee(const FaultPlan& plan, Judge& judge, const Core& core,
          const std::vector<std::unique_ptr<VirtualHost>>& hosts)
      : plan_(plan), judge_(judge), core_(core), hosts_(hosts) {}

  // Around each step of the core: before it, for each of its actions, after it.
  void before(const Event& event);
  void said(const Event& event, const Action& action);
  void after(const Event& event);
  // The core has finished, or time is up.
  void end(const std::string& failure);

 private:
  struct Committed {
    HostId host{};
    event::Completion completion;
  };

  void offered(const action::Offer& offer);
  void committed(const event::Completed& event, const action::Commit& commit);
  void discarded(const action::Discard& discard);
  void judge_counts();
  void judge_failure(const std::string& failure);
  [[nodiscard]] bool is_committed(const ShardAttempt& lease) const;
  [[nodiscard]] bool deserves_blame(std::uint64_t unit) const;

  const FaultPlan& plan_;
  Judge& judge_;
  const Core& core_;
  const std::vector<std::unique_ptr<VirtualHost>>& hosts_;

  std::uint32_t restarts_before_ = 0;
  std::map<ShardId, Committed> committed_;
  std::map<ShardAttempt, std::uint32_t> offered_;  // With the number of units
  std::set<ShardAttempt> discarded_;
  std::uint64_t units_discarded_ = 0;
  std::set<std::pair<WorkerId, Epoch>> ended_;
  std::set<std::uint64_t> units_;  // Committed
  std::set<std::uint32_t> lost_hosts_;
};

// Which host an action is for; 0 for Finish, which is for all.
std::uint32_t host_of(const Action& action, const CoreConfig& config);

std::string text(const ShardAttempt& lease);

}  // namespace strata
