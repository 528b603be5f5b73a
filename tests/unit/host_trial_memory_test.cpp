#include <gtest/gtest.h>

#include <cstring>

#include "shared/host/result_memory.h"
#include "shared/host/trial_memory.h"

namespace strata {
namespace {

JobImage sample(const std::vector<std::byte>& input) {
  JobImage image;
  image.workload = "digest";
  image.parameters = {{"input", "/usr/share/doc"}, {"empty", ""}};
  image.seed = 41;
  image.operations_per_us = 2345.5;
  image.slot_bytes = 33;
  image.fair_share = 7;
  image.input = input;
  return image;
}

TEST(JobImage, SurvivesARoundTrip) {
  const std::vector<std::byte> input(1000, std::byte{9});
  JobImage image = sample(input);
  std::vector<std::byte> memory(image_bytes(image) + 640);
  image.table_offset = image_bytes(image);
  image.table_bytes = 640;
  write_image(image, memory);
  auto read = read_image(memory);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->workload, "digest");
  EXPECT_EQ(read->parameters, image.parameters);
  EXPECT_EQ(read->seed, 41U);
  EXPECT_EQ(read->operations_per_us, 2345.5);
  EXPECT_EQ(read->slot_bytes, 33U);
  EXPECT_EQ(read->fair_share, 7U);
  EXPECT_EQ(read->table_offset, image.table_offset);
  ASSERT_EQ(read->input.size(), input.size());
  EXPECT_EQ(std::memcmp(read->input.data(), input.data(), input.size()), 0);
}

TEST(JobImage, RefusesEveryTruncation) {
  const std::vector<std::byte> input(10, std::byte{9});
  const JobImage image = sample(input);
  std::vector<std::byte> memory(image_bytes(image));
  write_image(image, memory);
  for (std::size_t bytes = 0; bytes < memory.size(); ++bytes) {
    EXPECT_FALSE(read_image(std::span(memory).first(bytes))) << bytes;
  }
  EXPECT_TRUE(read_image(memory));
}

TEST(JobImage, RefusesATableThatLiesOutside) {
  JobImage image = sample({});
  image.table_offset = 64;
  image.table_bytes = 1'000'000;
  std::vector<std::byte> memory(image_bytes(image) + 100);
  write_image(image, memory);
  EXPECT_FALSE(read_image(memory));
}

class ResultMemoryTest : public testing::Test {
 protected:
  static constexpr std::uint64_t kSlot = 100;
  void SetUp() override {
    auto segment = Segment::create("strata-test");
    ASSERT_TRUE(segment);
    segment_ = std::move(*segment);
    memory_ = std::make_unique<ResultMemory>(segment_, kPageBytes, kSlot);
    memory_->place_first(std::vector<std::uint32_t>{4, 4, 1});
    ASSERT_TRUE(segment_.grow(kPageBytes + round_to_page(memory_->first_bytes())));
    ASSERT_TRUE(memory_->map_first());
  }
  static LeaseKey key(std::uint32_t shard, Attempt attempt) { return {ShardId{shard}, attempt}; }
  Segment segment_;
  std::unique_ptr<ResultMemory> memory_;
};

TEST_F(ResultMemoryTest, GivesEveryAttemptAPlaceOfItsOwn) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> taken;
  for (const LeaseKey lease : {key(0, 1), key(1, 1), key(2, 1), key(0, 2), key(0, 3), key(7, 1)}) {
    const std::uint32_t units = value_of(lease.shard) == 2 ? 1 : 4;
    auto place = memory_->allocate(lease, units);
    ASSERT_TRUE(place);
    const std::uint64_t end = *place + result_bytes(units, kSlot);
    for (const auto& [from, to] : taken) {
      EXPECT_TRUE(end <= from || *place >= to) << "shared with another attempt";
    }
    taken.emplace_back(*place, end);
    EXPECT_LE(end, segment_.size());
  }
}

TEST_F(ResultMemoryTest, UsesAFreedPlaceAgainAndZeroed) {
  auto place = memory_->allocate(key(0, 2), 4);
  ASSERT_TRUE(place);
  auto bytes = memory_->view(*place, 4);
  ASSERT_TRUE(bytes);
  std::memset(*bytes, 0xff, result_bytes(4, kSlot));
  memory_->free(4, *place);
  auto again = memory_->allocate(key(1, 2), 4);
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, *place);
  EXPECT_EQ(**memory_->view(*again, 4), std::byte{0});
}

TEST_F(ResultMemoryTest, AnEndlessRowOfLossesDoesNotGrowTheSegment) {
  auto first = memory_->allocate(key(0, 2), 4);
  ASSERT_TRUE(first);
  memory_->free(4, *first);
  const std::uint64_t size = segment_.size();
  for (Attempt attempt = 3; attempt < 10'000; ++attempt) {
    auto place = memory_->allocate(key(0, attempt), 4);
    ASSERT_TRUE(place);
    memory_->free(4, *place);
  }
  EXPECT_EQ(segment_.size(), size);
}

TEST_F(ResultMemoryTest, RefusesToShowWhatLiesOutside) {
  EXPECT_FALSE(memory_->view(0, 4));
  EXPECT_FALSE(memory_->view(segment_.size() + kPageBytes, 1));
}

}  // namespace
}  // namespace strata
