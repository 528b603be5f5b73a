#include <gtest/gtest.h>

#include <algorithm>

#include "coordinator/cluster/sharding.h"

namespace strata {
namespace {

Plan of_units(std::uint64_t units) {
  Plan plan;
  plan.units = units;
  return plan;
}

void expect_cover(const std::vector<ShardRange>& shards, std::uint64_t units) {
  std::uint64_t next = 0;
  for (const ShardRange& shard : shards) {
    ASSERT_EQ(shard.first_unit, next);
    ASSERT_GE(shard.units, 1U);
    ASSERT_LE(shard.units, 4096U);
    next += shard.units;
  }
  EXPECT_EQ(next, units);
}

TEST(Sharding, CoversEveryUnitOnceWhateverTheLayout) {
  for (const std::uint64_t units : {1U, 2U, 15U, 16U, 17U, 1000U, 65'537U, 1'000'000U}) {
    for (const std::uint32_t processors : {1U, 2U, 3U, 64U, 1024U}) {
      expect_cover(cut_shards(of_units(units), processors), units);
    }
  }
}

TEST(Sharding, GivesEveryProcessorSomethingWhereThereIsEnough) {
  for (const std::uint32_t processors : {1U, 2U, 8U, 64U}) {
    EXPECT_GE(cut_shards(of_units(processors), processors).size(), processors);
    EXPECT_GE(cut_shards(of_units(20 * processors), processors).size(), processors);
  }
}

TEST(Sharding, HasAtLeastSixteenUnitsWhereThereAreMany) {
  const auto shards = cut_shards(of_units(10'000), 8);
  EXPECT_TRUE(std::all_of(shards.begin(), shards.end() - 1,
                          [](const ShardRange& shard) { return shard.units >= 16; }));
}

TEST(Sharding, GivesEveryWorkerACopyOfAGroup) {
  Plan group = of_units(5);
  group.group = 5;
  const auto shards = cut_copies(group, 3);
  ASSERT_EQ(shards.size(), 3U);
  expect_cover(shards, 15);
  EXPECT_EQ(shards[1].units, 5U);
}

TEST(Sharding, CutsByWeightSoThatAHeavyUnitStandsAlone) {
  Plan plan = of_units(1000);
  plan.weights.assign(1000, 10);
  plan.weights[500] = 1'000'000;
  const auto shards = cut_shards(plan, 2);
  expect_cover(shards, 1000);
  const auto heavy = std::find_if(shards.begin(), shards.end(), [](const ShardRange& shard) {
    return shard.first_unit <= 500 && 500 < shard.first_unit + shard.units;
  });
  ASSERT_NE(heavy, shards.end());
  EXPECT_EQ(heavy->units, 1U);
}

}  // namespace
}  // namespace strata
