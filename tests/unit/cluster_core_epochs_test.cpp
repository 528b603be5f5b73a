// Workers that were replaced before the core began to count.
#include <gtest/gtest.h>

#include <csignal>

#include "coordinator/cluster/core.h"

namespace strata {
namespace {

TEST(CoreEpochs, AWorkerReplacedBeforeTheStartIsKnownByTheEpochItHasNow) {
  CoreConfig config;
  Core core(config, {{0, 16}});
  std::vector<Action> actions;
  core.step(1, event::WorkerReady{WorkerId{0}, 3}, actions);
  core.step(2, event::HostUp{HostId{0}, 8}, actions);
  ASSERT_EQ(actions.size(), 1U);
  const ShardAttempt held = std::get<action::Offer>(actions[0]).leases.at(0).id;
  actions.clear();

  event::WorkerEnded ended;
  ended.worker = WorkerId{0};
  ended.epoch = 3;
  ended.end.signal = SIGKILL;
  ended.held = {held};
  core.step(3, ended, actions);
  bool restarted = false;
  bool offered = false;
  for (const Action& action : actions) {
    if (const auto* restart = std::get_if<action::Restart>(&action)) {
      restarted = restart->epoch == 4;
    }
    offered = offered || std::holds_alternative<action::Offer>(action);
  }
  EXPECT_TRUE(restarted);
  EXPECT_TRUE(offered) << "what the dead worker held goes back at once";
}

}  // namespace
}  // namespace strata
