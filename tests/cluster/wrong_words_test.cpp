// What is wrong on the command line, or in the folders it names, is refused before anything starts.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/cluster/expectations.h"

namespace strata::testing {
namespace {

struct Wrong {
  const char* name;
  std::vector<std::string> words;
  int status;
  std::vector<std::string_view> told;
};

const Wrong kWrong[] = {
    {"NoCommand", {"frobnicate"}, 2, {"frobnicate"}},
    {"UnknownWorkload", {"run", "compote"}, 2, {"compote", "compute"}},
    {"UnknownParameter", {"run", "compute", "gain=3"}, 2, {"gain", "grain"}},
    {"NotAPair", {"run", "compute", "grain"}, 2, {"grain"}},
    {"NotANumber", {"run", "compute", "units=many"}, 2, {"units"}},
    {"BelowItsRange", {"run", "compute", "units=0"}, 2, {"units"}},
    {"Negative", {"run", "compute", "units=-4"}, 2, {"units"}},
    {"AboveItsRange", {"run", "compute", "units=99999999999999999999"}, 2, {"units"}},
    {"UnknownExecutor", {"run", "compute", "-x", "pol"}, 2, {"pol", "pool"}},
    {"NoProcesses", {"run", "compute", "-P", "0"}, 2, {"-P"}},
    {"NoThreads", {"run", "compute", "-T", "0"}, 2, {"-T"}},
    {"TooManyProcesses", {"run", "compute", "-P", "100000"}, 2, {"-P 100000"}},
    {"ProcessesNotANumber", {"run", "compute", "-P", "two"}, 2, {"two"}},
    {"UnknownStart", {"run", "compute", "--start", "magic"}, 2, {"magic"}},
    {"UnknownWait", {"run", "compute", "--wait", "never"}, 2, {"never"}},
    {"UnknownPin", {"run", "compute", "--pin", "everywhere"}, 2, {"everywhere"}},
    {"UnknownFlag", {"run", "compute", "--frobnicate"}, 2, {"--frobnicate"}},
    {"InputNotGiven", {"run", "digest"}, 2, {"input"}},
    {"InputMissing", {"run", "digest", "input=/no/such/folder"}, 2, {"/no/such/folder"}},
    {"InputIsAFile", {"run", "digest", "input=/etc/passwd"}, 2, {"/etc/passwd"}},
    {"OutputFolderMissing",
     {"run", "mandelbrot", "output=/no/such/folder/a.png"},
     2,
     {"/no/such/folder"}},
    {"OutputIsAFolder", {"run", "mandelbrot", "output=/tmp"}, 2, {"/tmp"}},
    {"SweepOfNoRounds", {"sweep", "compute", "--rounds", "0"}, 2, {"rounds"}},
    {"SweepListWithAHole", {"sweep", "compute", "-P", "1,,2"}, 2, {"-P"}},
    {"NegativeTimeout", {"run", "compute", "--timeout", "-1"}, 2, {"timeout"}},
};

class WrongWords : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongWords, AreRefusedInOneSentence) {
  expect_refusal({.words = strata_words(GetParam().words)}, GetParam().status, GetParam().told);
}

TEST_P(WrongWords, AreRefusedWithJsonToo) {
  std::vector<std::string> words = GetParam().words;
  words.emplace_back("--json");
  expect_refusal({.words = strata_words(words)}, GetParam().status, {});
}

INSTANTIATE_TEST_SUITE_P(CommandLine, WrongWords, ::testing::ValuesIn(kWrong),
                         [](const auto& wrong) { return wrong.param.name; });

TEST(UnwritableOutput, IsRefusedBeforeTheRun) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "needs another user's folder, which only root can make";
  }
  const TemporaryFolder folder;  // root's, 0755
  expect_refusal({.words = strata_words({"run", "mandelbrot", "width=64", "height=64",
                                         "output=" + (folder.path() / "a.png").string()}),
                  .folder = "/",
                  .user = 61234},
                 2, {folder.path().string()});
}

TEST(UnreadableInput, OfOneFileFailsTheCheckByNameAndReportsTheRest) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "needs another user's file, which only root can make";
  }
  const TemporaryFolder input;
  make_input(input.path(), 20, 1000);
  std::filesystem::permissions(input.path() / "part3" / "file 3", std::filesystem::perms(0600));
  const Ending ending =
      run({.words = strata_words(
               {"run", "digest", "input=" + input.path().string(), "-P", "2", "--json"}),
           .folder = "/",
           .user = 61234});
  EXPECT_EQ(ending.status, 1) << ending.errors;
  const nlohmann::json report = report_of(ending);
  ASSERT_TRUE(report.contains("check")) << report;
  EXPECT_EQ(report["check"]["status"], "failed");
  EXPECT_NE(report["check"]["detail"].get<std::string>().find("part3/file 3"), std::string::npos);
  EXPECT_EQ(report["units"]["completed"], 20);
}

TEST(Output, ThatCannotBeWrittenIsToldInOneSentence) {
  Process process({.words = strata_words(
                       {"run", "compute", "units=8", "grain=0", "-P", "2", "-T", "1", "--json"}),
                   .output = Stdout::kFull});
  expect_refused(process.wait(), 3, {"No space left"});
  expect_nothing_left(process);
}

TEST(Output, ThatNobodyWantsIsNoFault) {
  // `>&-`, and a reader that has seen enough, as `| head` has.
  for (const Stdout output : {Stdout::kClosed, Stdout::kNoReader}) {
    SCOPED_TRACE(static_cast<int>(output));
    Process process({.words = strata_words(
                         {"run", "compute", "units=8", "grain=0", "-P", "2", "-T", "1", "--json"}),
                     .output = output});
    const Ending ending = process.wait();
    EXPECT_EQ(ending.status, 0) << "signal " << ending.signal << "\n" << ending.errors;
    EXPECT_EQ(ending.errors, "");
    expect_nothing_left(process);
  }
}

}  // namespace
}  // namespace strata::testing
