#include <gtest/gtest.h>

#include <csignal>

#include "coordinator/cluster/live_core.h"

namespace strata {
namespace {

TEST(LiveCore, TellsTheCoreOfAnEndWhatTheAgentTold) {
  const WorkerEnd end{.place = 3,
                      .epoch = 2,
                      .how = {.signal = SIGSEGV, .exit_code = 0},
                      .by_strata = false,
                      .was_ready = true,
                      .held = {{.key = {ShardId{7}, 4}, .worker = 3, .epoch = 2}},
                      .last_unit = 99};
  const event::WorkerEnded ended = ended_event(end);
  EXPECT_EQ(ended.worker, WorkerId{3});
  EXPECT_EQ(ended.epoch, 2U);
  EXPECT_EQ(ended.end.signal, SIGSEGV);
  EXPECT_EQ(ended.end.exit_code, 0);
  EXPECT_FALSE(ended.end.by_strata);
  ASSERT_EQ(ended.held.size(), 1U);
  EXPECT_EQ(ended.held[0], (ShardAttempt{ShardId{7}, 4}));
  EXPECT_EQ(ended.last_unit, 99);
  EXPECT_TRUE(ended.was_ready);
}

TEST(LiveCore, TellsTheCoreOfAWorkerThatEndedBeforeItWasReady) {
  const event::WorkerEnded ended = ended_event({.place = 0,
                                                .epoch = 1,
                                                .how = {.signal = 0, .exit_code = 3},
                                                .by_strata = true,
                                                .held = {}});
  EXPECT_FALSE(ended.was_ready);
  EXPECT_EQ(ended.end.exit_code, 3);
  EXPECT_TRUE(ended.end.by_strata);
  EXPECT_EQ(ended.last_unit, kNoUnit);
  EXPECT_TRUE(ended.held.empty());
}

}  // namespace
}  // namespace strata
