#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "shared/os/segment.h"

namespace strata {
namespace {

TEST(Segment, GrowsWithZeroesAndIsSharedBetweenMappings) {
  auto segment = Segment::create("strata-test");
  ASSERT_TRUE(segment);
  ASSERT_TRUE(segment->grow(2 * kPageBytes));
  auto one = segment->map(0, 2 * kPageBytes);
  auto other = segment->map(kPageBytes, kPageBytes);
  ASSERT_TRUE(one && other);
  EXPECT_TRUE(std::all_of(one->data(), one->data() + one->size(),
                          [](std::byte b) { return b == std::byte{0}; }));
  one->data()[kPageBytes + 7] = std::byte{42};
  EXPECT_EQ(other->data()[7], std::byte{42});
}

TEST(Segment, CannotBeShrunkByAnyone) {
  auto segment = Segment::create("strata-test");
  ASSERT_TRUE(segment);
  ASSERT_TRUE(segment->grow(kPageBytes));
  EXPECT_NE(ftruncate(segment->fd(), 0), 0);
}

TEST(Segment, IsAllocatedBeforeItIsUsed) {
  auto segment = Segment::create("strata-test");
  ASSERT_TRUE(segment);
  ASSERT_TRUE(segment->grow(16 * kPageBytes));
  struct stat info {};
  ASSERT_EQ(fstat(segment->fd(), &info), 0);
  EXPECT_EQ(static_cast<std::uint64_t>(info.st_blocks) * 512, 16 * kPageBytes);
}

TEST(Segment, ReleasedMemoryIsGivenBackAndReadsAsZeroAfterRefill) {
  auto segment = Segment::create("strata-test");
  ASSERT_TRUE(segment);
  ASSERT_TRUE(segment->grow(4 * kPageBytes));
  auto mapping = segment->map(0, 4 * kPageBytes);
  ASSERT_TRUE(mapping);
  std::fill_n(mapping->data(), mapping->size(), std::byte{7});
  ASSERT_TRUE(segment->release(kPageBytes, 3 * kPageBytes));
  struct stat info {};
  ASSERT_EQ(fstat(segment->fd(), &info), 0);
  EXPECT_EQ(static_cast<std::uint64_t>(info.st_blocks) * 512, kPageBytes);
  ASSERT_TRUE(segment->refill(kPageBytes, 3 * kPageBytes));
  EXPECT_EQ(mapping->data()[0], std::byte{7});
  EXPECT_EQ(mapping->data()[kPageBytes], std::byte{0});
}

TEST(Segment, ALimitOnFileSizeIsASentenceAndNotASignal) {
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit low{.rlim_cur = kPageBytes, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &low);
  auto segment = Segment::create("strata-test");
  const bool created = static_cast<bool>(segment);
  Status grown = created ? segment->grow(64 * kPageBytes) : Status(Ok{});
  setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_TRUE(created);
  ASSERT_FALSE(grown);
  EXPECT_EQ(grown.error().exit, Exit::kMachine);
  EXPECT_NE(grown.error().message.find("ulimit -f"), std::string::npos) << grown.error().message;
}

}  // namespace
}  // namespace strata
