// digest: what the shell says for the same folder, odd names and unreadable files included.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <memory>

#include "shared/workloads/file_digest.h"
#include "tests/unit/temporary_folder.h"
#include "tests/unit/unprivileged.h"
#include "tests/unit/workloads_runner.h"

namespace strata {
namespace {

using testing::field;
using testing::TemporaryFolder;
using testing::Unprivileged;
using testing::WorkloadRunner;

// What the shell says: the definition that the workload implements.
std::string by_the_shell(const TemporaryFolder& folder) {
  const std::string command =
      "cd '" + folder.path().string() +
      "' && find . -type f -printf '%P\\0' 2>/dev/null | LC_ALL=C sort -z | "
      "xargs -0 -r sha256sum -- 2>/dev/null | sha256sum";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::array<char, 64> digest{};
  if (!pipe || std::fread(digest.data(), 1, digest.size(), pipe.get()) != digest.size()) {
    throw std::runtime_error(command);
  }
  return {digest.data(), digest.size()};
}

WorkloadRunner runner_on(const TemporaryFolder& folder) {
  return WorkloadRunner("digest", {"input=" + folder.path().string()});
}

void expect_as_the_shell(const TemporaryFolder& folder, std::uint64_t files, std::uint64_t bytes) {
  WorkloadRunner runner = runner_on(folder);
  const Outcome outcome = runner.run().finish();
  EXPECT_EQ(outcome.check, Check::kOk) << outcome.detail;
  EXPECT_EQ(field<std::uint64_t>(outcome, "files"), files);
  EXPECT_EQ(field<std::uint64_t>(outcome, "bytes"), bytes);
  EXPECT_EQ(field<std::string>(outcome, "sha256"), by_the_shell(folder));
  EXPECT_TRUE(field<std::vector<std::string>>(outcome, "unreadable").empty());
}

TEST(Digest, IsWhatTheShellPrintsForOrdinaryFiles) {
  const TemporaryFolder folder;
  folder.write("a", "alpha");
  folder.write("b/c", "gamma");
  folder.write("b.d", "delta");  // '.' sorts before '/'.
  folder.write("b/e/f/g", "");
  folder.write("Z", "upper case first");
  expect_as_the_shell(folder, 5, 5 + 5 + 5 + 16);
}

TEST(Digest, OfAnEmptyFolderIsThatOfNothing) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "empty/too");
  expect_as_the_shell(folder, 0, 0);
  WorkloadRunner runner = runner_on(folder);
  EXPECT_EQ(field<std::string>(runner.run().finish(), "sha256"),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Digest, EscapesOddNamesAsCoreutilsDoes) {
  const TemporaryFolder folder;
  std::uint64_t files = 0;
  for (const std::string name : {"new\nline",
                                 "back\\slash",
                                 "carriage\rreturn",
                                 "all\\\n\r",
                                 "\\",
                                 ".hidden",
                                 "-",
                                 "--help",
                                 "-x",
                                 " ",
                                 "tab\t",
                                 "quote'\"",
                                 "\xFF\xFE",
                                 "\xC3\xA9",
                                 "\x7F",
                                 "\x01",
                                 "*?[",
                                 "sub/-",
                                 "sub\n/x\\y",
                                 "name with  two spaces"}) {
    folder.write(name, "content of " + name);
    ++files;
  }
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path())) {
    bytes += entry.is_regular_file() ? entry.file_size() : 0;
  }
  expect_as_the_shell(folder, files, bytes);
}

TEST(Digest, SortsNamesAsBytes) {
  const TemporaryFolder folder;
  for (const char* name : {"a", "B", "\xC3\xA4", "z", "a b", "a/b", "a-", "\xFF"}) {
    if (std::string_view(name) != "a") {
      folder.write(name, name);
    }
  }
  expect_as_the_shell(folder, 7, 2 * 0 + 1 + 2 + 1 + 3 + 3 + 2 + 1);
}

TEST(Digest, ReadsFilesAcrossTheSizeOfItsBuffer) {
  const TemporaryFolder folder;
  std::uint64_t bytes = 0;
  for (const std::size_t size :
       {DigestTools::kBufferBytes - 1, DigestTools::kBufferBytes, DigestTools::kBufferBytes + 1,
        2 * DigestTools::kBufferBytes, 5 * DigestTools::kBufferBytes / 2}) {
    std::string content(size, 'x');
    for (std::size_t i = 0; i < size; i += 509) {
      content[i] = static_cast<char>(i);
    }
    folder.write(std::to_string(size), content);
    bytes += size;
  }
  expect_as_the_shell(folder, 5, bytes);
}

TEST(Digest, FollowsNoLinksAndReadsNoPipes) {
  const TemporaryFolder folder;
  folder.write("real/file", "x");
  std::filesystem::create_symlink("file", folder / "real/link");
  std::filesystem::create_symlink("real", folder / "linked-folder");
  std::filesystem::create_symlink("nowhere", folder / "dangling");
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  expect_as_the_shell(folder, 1, 1);
}

TEST(Digest, IsTheSameOnSeveralThreads) {
  const TemporaryFolder folder;
  for (int i = 0; i < 200; ++i) {
    folder.write(std::to_string(i), std::string(static_cast<std::size_t>(i) * 37, 'x'));
  }
  WorkloadRunner runner("digest", {"input=" + folder.path().string()}, {.threads = 4});
  const Outcome outcome = runner.run().finish();
  EXPECT_EQ(outcome.check, Check::kOk) << outcome.detail;
  EXPECT_EQ(field<std::string>(outcome, "sha256"), by_the_shell(folder));
}

TEST(Digest, CutsBySizeAndNamesItsUnitsFiles) {
  const TemporaryFolder folder;
  folder.write("a", std::string(100000, 'x'));
  folder.write("b", "");
  WorkloadRunner runner = runner_on(folder);
  ASSERT_EQ(runner.plan().weights.size(), 2U);
  EXPECT_EQ(runner.plan().weights[0] - runner.plan().weights[1], 100000U);
  EXPECT_GT(runner.plan().weights[1], 0U);
  EXPECT_EQ(runner.plan().unit_noun, "files");
}

TEST(Digest, NamesAFileThatVanishedAndReportsTheRest) {
  const TemporaryFolder folder;
  folder.write("here", "x");
  folder.write("going\n", "y");
  WorkloadRunner runner = runner_on(folder);
  std::filesystem::remove(folder / "going\n");
  const Outcome outcome = runner.run().finish();
  EXPECT_EQ(outcome.check, Check::kFailed);
  EXPECT_EQ(outcome.detail,
            "1 of 2 files could not be read, the first is going\\x0a (no such file or directory)");
  EXPECT_EQ(field<std::uint64_t>(outcome, "files"), 1U);
  EXPECT_EQ(field<std::string>(outcome, "sha256"), by_the_shell(folder));
}

TEST(Digest, NamesWhatMayNotBeRead) {
  const TemporaryFolder folder;
  folder.write("open", "x");
  folder.write("secret", "y");
  folder.write("closed/file", "z");
  chmod((folder / "secret").c_str(), 0);
  chmod((folder / "closed").c_str(), 0);
  chmod(folder.path().c_str(), 0755);
  {
    const Unprivileged nobody;
    WorkloadRunner runner = runner_on(folder);
    const Outcome outcome = runner.run().finish();
    EXPECT_EQ(outcome.check, Check::kFailed);
    EXPECT_EQ(outcome.detail,
              "2 of 3 files and folders could not be read, the first is closed (permission "
              "denied); all are in the result");
    EXPECT_EQ(
        field<std::vector<std::string>>(outcome, "unreadable"),
        (std::vector<std::string>{"closed (permission denied)", "secret (permission denied)"}));
    EXPECT_EQ(field<std::uint64_t>(outcome, "files"), 1U);
  }
  chmod((folder / "closed").c_str(), 0755);
}

TEST(Digest, DoesNotWaitForAFileThatBecameAPipe) {
  const TemporaryFolder folder;
  folder.write("file", "x");
  WorkloadRunner runner = runner_on(folder);
  std::filesystem::remove(folder / "file");
  ASSERT_EQ(mkfifo((folder / "file").c_str(), 0600), 0);
  const Outcome outcome = runner.run().finish("");
  EXPECT_EQ(outcome.check, Check::kFailed);
  EXPECT_NE(outcome.detail.find("the first is file ("), std::string::npos) << outcome.detail;
}

TEST(Digest, DoesNotFollowAFileThatBecameALink) {
  const TemporaryFolder folder;
  folder.write("file", "x");
  WorkloadRunner runner = runner_on(folder);
  std::filesystem::remove(folder / "file");
  std::filesystem::create_symlink("/etc/passwd", folder / "file");
  const Outcome outcome = runner.run().finish("");
  EXPECT_EQ(field<std::uint64_t>(outcome, "files"), 0U);
  EXPECT_EQ(outcome.check, Check::kFailed);
}

TEST(Digest, FailsItsCheckWhenAFileChangedBetweenTheRunAndTheSerialAnswer) {
  const TemporaryFolder folder;
  folder.write("file", "before");
  WorkloadRunner runner = runner_on(folder);
  runner.run();
  folder.write("file", "after");
  const Outcome outcome = runner.finish();
  EXPECT_EQ(outcome.check, Check::kFailed);
  EXPECT_NE(outcome.detail.find("files may have changed meanwhile"), std::string::npos);
}

TEST(Digest, SaysWhichFileChangedItsSize) {
  const TemporaryFolder folder;
  folder.write("file", "before");
  WorkloadRunner runner = runner_on(folder);
  runner.run();
  FileDigest file;
  std::memcpy(&file, runner.slots().data(), sizeof file);
  file.bytes_at_open = 5000;
  std::memcpy(runner.slots().data(), &file, sizeof file);
  EXPECT_NE(
      runner.finish().detail.find("; file had 5,000 B when it was opened and 6 B when it was read"),
      std::string::npos);
}

TEST(Digest, FailsItsCheckWhenASlotIsWrongOrWasNeverWritten) {
  const TemporaryFolder folder;
  folder.write("a", "x");
  folder.write("b", "y");
  WorkloadRunner wrong = runner_on(folder);
  wrong.run().slots()[sizeof(FileDigest) - 1] ^= std::byte{1};
  EXPECT_EQ(wrong.finish().check, Check::kFailed);

  WorkloadRunner empty = runner_on(folder);
  empty.run();
  std::memset(empty.slots().data(), 0, sizeof(FileDigest));
  EXPECT_EQ(empty.finish().detail, "1 results of files are malformed");
  EXPECT_EQ(empty.finish().check, Check::kFailed);
}

TEST(Digest, FailsToPlanWhenTheFolderHasVanished) {
  using Values = std::map<std::string, std::string, std::less<>>;
  const Parameters parameters(Values{{"input", "/nowhere/at/all"}});
  const Result<Plan> plan = find_workload("digest")->make(parameters)->plan({});
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().exit, Exit::kUsage);
  EXPECT_EQ(plan.error().message,
            "open /nowhere/at/all: No such file or directory; name a folder that can be read");
}

}  // namespace
}  // namespace strata
