// The walk over a folder, and the list of names that workers parse as if a stranger had sent it.
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "shared/workloads/folder_walk.h"
#include "tests/unit/temporary_folder.h"

namespace strata {
namespace {

std::vector<std::byte> packed(std::initializer_list<std::string> names) {
  std::vector<FolderFile> files;
  for (const std::string& name : names) {
    files.push_back({name, 0});
  }
  return pack_names(files);
}

TEST(FolderWalk, DescendsAsDeepAsFoldersGo) {
  const testing::TemporaryFolder folder;
  std::string name = "d";
  for (int depth = 1; depth < 1000; ++depth) {
    name += "/d";
  }
  folder.write(name + "/file", "12345");
  const Result<FolderWalk> walk = walk_folder(folder.path());
  ASSERT_TRUE(walk);
  ASSERT_EQ(walk->files.size(), 1U);
  EXPECT_EQ(walk->files[0].name, name + "/file");
  EXPECT_EQ(walk->files[0].bytes, 5U);
  EXPECT_TRUE(walk->unreadable.empty());
}

TEST(FolderWalk, FollowsALinkThatIsTheFolderItself) {
  const testing::TemporaryFolder folder;
  folder.write("real/file", "");
  std::filesystem::create_symlink("real", folder / "link");
  const Result<FolderWalk> walk = walk_folder(folder / "link");
  ASSERT_TRUE(walk);
  ASSERT_EQ(walk->files.size(), 1U);
  EXPECT_EQ(walk->files[0].name, "file");
}

TEST(PackedNames, ComeOutAsTheyWentIn) {
  const std::vector<std::byte> bytes = packed({"a", "b/c\n", "\xFF..", "..x/y", "./-"});
  const Result<std::vector<std::string_view>> names = unpack_names(bytes);
  ASSERT_TRUE(names) << names.error().message;
  EXPECT_EQ(*names, (std::vector<std::string_view>{"a", "b/c\n", "\xFF..", "..x/y", "./-"}));
  EXPECT_TRUE(unpack_names(packed({}))->empty());
}

TEST(PackedNames, NeverLeadOutOfTheFolder) {
  for (const std::string& name :
       {std::string(), std::string("/etc/passwd"), std::string(".."), std::string("../x"),
        std::string("a/../../x"), std::string("a/.."), std::string("a\0b", 3)}) {
    EXPECT_FALSE(unpack_names(packed({"fine", name}))) << name;
  }
}

TEST(PackedNames, AreRefusedWhenCutOrLengthened) {
  std::vector<std::byte> bytes = packed({"one", "two", "three"});
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(unpack_names(std::span(bytes).first(length))) << length;
  }
  bytes.push_back(std::byte{'x'});
  EXPECT_FALSE(unpack_names(bytes));
}

TEST(PackedNames, SurviveAnyBytes) {
  const std::vector<std::byte> good = packed({"one", "two", "three", "four/five"});
  std::mt19937_64 random(20261124);
  int accepted = 0;
  for (int round = 0; round < 20000; ++round) {
    std::vector<std::byte> bytes = good;
    for (std::uint64_t changes = 1 + random() % 3; changes > 0; --changes) {
      bytes[random() % bytes.size()] = static_cast<std::byte>(random());
    }
    const Result<std::vector<std::string_view>> names = unpack_names(bytes);
    if (!names) {
      continue;
    }
    ++accepted;
    for (const std::string_view name : *names) {
      const auto* begin = reinterpret_cast<const std::byte*>(name.data());
      ASSERT_GE(begin, bytes.data());
      ASSERT_LE(begin + name.size(), bytes.data() + bytes.size());
      ASSERT_NE(name.front(), '/');
    }
  }
  EXPECT_GT(accepted, 0);
}

}  // namespace
}  // namespace strata
