// The table of executors, and how many units a worker keeps alive under each.
#include <gtest/gtest.h>

#include <set>

#include "shared/unit/executor_table.h"

namespace strata {
namespace {

TEST(ExecutorTable, NamesEachOnceAndExplainsIt) {
  std::set<std::string_view> names;
  for (const ExecutorInfo& info : executor_table()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_FALSE(info.summary.empty()) << info.name;
    EXPECT_EQ(find_executor_info(info.name), &info);
  }
  EXPECT_EQ(find_executor_info("fast"), nullptr);
  EXPECT_EQ(find_executor_info(""), nullptr);
}

TEST(ExecutorTable, KnowsHowManyUnitsAreAliveAtMost) {
  Layout layout;
  layout.threads = 4;
  layout.in_flight = 100;
  EXPECT_EQ(alive_at_most(*find_executor_info("serial"), layout, 1000), 1U);
  EXPECT_EQ(alive_at_most(*find_executor_info("pool"), layout, 1000), 4U);
  EXPECT_EQ(alive_at_most(*find_executor_info("threads"), layout, 1000), 100U);
  EXPECT_EQ(alive_at_most(*find_executor_info("green"), layout, 1000), 100U);
  layout.in_flight = 0;
  EXPECT_EQ(alive_at_most(*find_executor_info("threads"), layout, 1000), 4U);
  layout.hosts = 3;
  layout.processes = 2;
  EXPECT_EQ(alive_at_most(*find_executor_info("green"), layout, 1000), 167U);
  EXPECT_EQ(alive_at_most(*find_executor_info("coroutine"), layout, 1), 1U);
}

}  // namespace
}  // namespace strata
