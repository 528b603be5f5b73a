#include "coordinator/cluster/cluster_folder.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "coordinator/cluster/cluster_places.h"

namespace strata {
namespace {

class Folder : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string place = std::filesystem::temp_directory_path() / "strata-place-XXXXXX";
    ASSERT_NE(mkdtemp(place.data()), nullptr);
    place_ = place;
    if (const char* before = std::getenv("XDG_RUNTIME_DIR")) {
      before_ = before;
    }
    setenv("XDG_RUNTIME_DIR", place.c_str(), 1);
  }
  void TearDown() override {
    if (before_.empty()) {
      unsetenv("XDG_RUNTIME_DIR");
    } else {
      setenv("XDG_RUNTIME_DIR", before_.c_str(), 1);
    }
    std::filesystem::remove_all(place_);
  }

  std::filesystem::path place_;
  std::string before_;
};

TEST_F(Folder, ChecksNames) {
  for (const char* good : {"default", "a", "A-b_9", "abcdefghijklmnopqrstuvwxyz012345"}) {
    EXPECT_TRUE(check_cluster_name(good)) << good;
  }
  for (const std::string bad :
       {"", "a/b", ".", "..", "a.b", "a b", "\xc3\xa9", "abcdefghijklmnopqrstuvwxyz0123456"}) {
    const Status refused = check_cluster_name(bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().exit, Exit::kUsage);
  }
}

TEST_F(Folder, IsPrivateAndGoesWhenItIsRemoved) {
  Result<ClusterFolder> folder = ClusterFolder::claim("lab");
  ASSERT_TRUE(folder) << folder.error().message;
  EXPECT_EQ(folder->path(), (place_ / "strata" / "lab").string());
  EXPECT_EQ(std::filesystem::status(folder->path()).permissions(),
            std::filesystem::perms::owner_all);
  folder->remove();
  EXPECT_TRUE(std::filesystem::is_empty(place_));
}

TEST_F(Folder, IsRefusedWithThePidOfItsOwner) {
  Result<ClusterFolder> folder = ClusterFolder::claim("lab");
  ASSERT_TRUE(folder);
  const Result<ClusterFolder> second = ClusterFolder::claim("lab");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().exit, Exit::kFailed);
  EXPECT_NE(second.error().message.find("pid " + std::to_string(getpid())), std::string::npos);
  Result<ClusterFolder> other = ClusterFolder::claim("other");
  EXPECT_TRUE(other);
  other->remove();
  folder->remove();
}

TEST_F(Folder, IsFoundWhileItsLockIsHeld) {
  Result<ClusterFolder> folder = ClusterFolder::claim("lab");
  ASSERT_TRUE(folder);
  const Result<std::optional<FoundCluster>> found = find_cluster("lab");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->pid, getpid());
  EXPECT_EQ((*found)->socket_path(), folder->socket_path());
  ASSERT_EQ(find_clusters().size(), 1U);
  EXPECT_EQ(find_clusters()[0].name, "lab");
  folder->remove();
  EXPECT_FALSE(*find_cluster("lab"));
  EXPECT_TRUE(find_clusters().empty());
}

TEST_F(Folder, OfADeadClusterIsTidiedAwayByWhoeverLooks) {
  for (const bool by_claim : {false, true}) {
    {
      Result<ClusterFolder> folder = ClusterFolder::claim("lab");
      ASSERT_TRUE(folder);
      std::ofstream(folder->socket_path()) << "rest";
      std::ofstream(folder->log_path()) << "rest";
      folder->release();  // As a kill -9 of the cluster and its watcher does.
    }
    ASSERT_TRUE(std::filesystem::exists(place_ / "strata" / "lab" / "socket"));
    if (by_claim) {
      Result<ClusterFolder> next = ClusterFolder::claim("lab");
      ASSERT_TRUE(next) << next.error().message;
      EXPECT_FALSE(std::filesystem::exists(next->socket_path()));
      next->remove();
    } else {
      EXPECT_FALSE(*find_cluster("lab"));
    }
    EXPECT_TRUE(std::filesystem::is_empty(place_));
  }
}

TEST_F(Folder, GoesWithTheProcessThatHasIt) {
  const pid_t owner = fork();
  if (owner == 0) {
    Result<ClusterFolder> folder = ClusterFolder::claim("lab");
    const bool ready = folder && folder->start_watcher();
    std::ofstream(place_ / (ready ? "ready" : "failed"));
    pause();
    _exit(0);
  }
  ASSERT_GT(owner, 0);
  while (!std::filesystem::exists(place_ / "ready")) {
    ASSERT_FALSE(std::filesystem::exists(place_ / "failed"));
    usleep(1'000);
  }
  const Result<std::optional<FoundCluster>> found = find_cluster("lab");
  ASSERT_TRUE(found && *found);
  kill(owner, SIGKILL);
  (*found)->wait_until_gone();
  EXPECT_FALSE(std::filesystem::exists(place_ / "strata"));
  waitpid(owner, nullptr, 0);
}

TEST_F(Folder, KeepsAwayFromWhatIsNotPrivate) {
  const std::filesystem::path open = place_ / "strata";
  std::filesystem::create_directory(open);
  std::filesystem::permissions(open, std::filesystem::perms::all);
  const Result<ClusterFolder> refused = ClusterFolder::claim("lab");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().exit, Exit::kMachine);
  EXPECT_NE(refused.error().message.find("chmod 700"), std::string::npos);
  EXPECT_FALSE(*find_cluster("lab"));
  std::filesystem::remove(open);
  std::filesystem::create_directory_symlink(place_, open);
  EXPECT_FALSE(ClusterFolder::claim("lab"));
}

TEST_F(Folder, LiesInTmpWhereThereIsNoRuntimeFolderOfOurs) {
  const std::string in_tmp = "/tmp/strata-" + std::to_string(geteuid());
  EXPECT_EQ(cluster_places(), (std::vector<std::string>{(place_ / "strata").string(), in_tmp}));
  setenv("XDG_RUNTIME_DIR", "/nowhere/at/all", 1);
  EXPECT_EQ(cluster_places(), (std::vector<std::string>{in_tmp}));
  setenv("XDG_RUNTIME_DIR", "relative", 1);
  EXPECT_EQ(cluster_places(), (std::vector<std::string>{in_tmp}));
}

}  // namespace
}  // namespace strata
