// Wrong command lines, each with its sentence and its status.
#include <gtest/gtest.h>

#include "coordinator/cli/arguments.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/layout_flags.h"

namespace strata {
namespace {

std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : line + " ") {
    if (c != ' ') {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
  }
  return words;
}

struct Case {
  const char* line;
  const char* sentence;  // A part of what is said on stderr.
};

// What stderr and the status are for a command line that must be refused before anything starts.
class RefusedLine : public testing::TestWithParam<Case> {};

TEST_P(RefusedLine, IsAnsweredWithASentenceAndStatusTwo) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const std::vector<std::string> words = words_of(GetParam().line);
  const Exit exit = run_command_line(words, 0);
  const std::string out = testing::internal::GetCapturedStdout();
  const std::string err = testing::internal::GetCapturedStderr();
  EXPECT_EQ(exit, Exit::kUsage) << err;
  EXPECT_EQ(out, "");
  EXPECT_TRUE(err.starts_with("strata: ")) << err;
  EXPECT_NE(err.find(GetParam().sentence), std::string::npos) << err;
  EXPECT_EQ(std::count(err.begin(), err.end(), '\n'), 1) << err;
}

INSTANTIATE_TEST_SUITE_P(
    CommandLine, RefusedLine,
    testing::Values(
        Case{"rnu compute", "there is no command 'rnu'; did you mean 'run'?"},
        Case{"frobnicate", "there is no command 'frobnicate' (strata --help)"},
        Case{"-P 2", "flags follow the command"}, Case{"run", "run: name a workload, one of"},
        Case{"run computt", "no workload 'computt'; did you mean 'compute'?"},
        Case{"run compute gain=1", "no parameter 'gain'; did you mean 'grain'?"},
        Case{"run compute grain", "parameters are written name=value"},
        Case{"run compute grain=-3", "grain=-3: must be 0 to 1000000 us"},
        Case{"run compute -P 0", "-P 0: must be a whole number of processes, at least 1"},
        Case{"run compute -P 100000", "-P 100000: at most 1024 processes on one host; try -P 1024"},
        Case{"run compute -P 99999999999999999999", "at most 1024 processes"},
        Case{"run compute -P x", "-P x: must be a whole number of processes"},
        Case{"run compute -P -1", "-P -1: must be a whole number of processes"},
        Case{"run compute -P 1,2", "takes one value here; a list is compared by 'strata sweep'"},
        Case{"run compute -P", "--processes needs a value"},
        Case{"run compute -P 1 -P 2", "-P/--processes is given 2 times; give it once"},
        Case{"run compute -T 0", "-T 0: must be a whole number of threads, at least 1; try -T 1"},
        Case{"run compute -T 2000", "at most 1024 threads in one process; try -T 1024"},
        Case{"run compute -x pol", "no executor 'pol'; did you mean 'pool'?"},
        Case{"run compute -x zzz", "no executor 'zzz' (strata list executors)"},
        Case{"run compute --start spwan", "must be one of spawn, zygote; did you mean 'spawn'?"},
        Case{"run compute --wait never", "must be one of spin, yield, park, auto"},
        Case{"run compute --pin cor", "must be one of none, core, spread; did you mean 'core'?"},
        Case{"run compute --sart spawn", "no flag '--sart'; did you mean '--start'?"},
        Case{"run compute -q", "no flag '-q' (strata run --help)"},
        Case{"run compute --hosts file", "--hosts file: this version runs on one host only"},
        Case{"run compute --seed x", "--seed x: must be a whole number"},
        Case{"run compute --timeout 0", "--timeout 0: must be a number of seconds above 0"},
        Case{"run compute --timeout nan", "--timeout nan: must be a number of seconds"},
        Case{"sweep compute --rounds 0", "--rounds 0: must be a whole number from 1"},
        Case{"sweep compute --scaling wek", "must be strong or weak; did you mean 'weak'?"},
        Case{"sweep wait --scaling weak units=10,x", "units=x"},
        Case{"sweep compute --baseline 2", "write processes x threads"},
        Case{"sweep compute -P 1,,2", "a value is missing"},
        Case{"sweep compute -P 1,0", "-P 0: must be"},
        Case{"sweep compute --csv /nowhere/at/all.csv", "--csv=/nowhere/at/all.csv"},
        Case{"sweep compute --report /", "is a folder"},
        Case{"list compte", "did you mean 'compute'?"},
        Case{"list compute wait", "one thing at a time; leave out 'wait'"},
        Case{"doctor now", "one word too many, 'now'"},
        Case{"doctor --jsn", "did you mean '--json'?"}));

TEST(CommandLine, WithoutWordsShowsEveryCommand) {
  testing::internal::CaptureStdout();
  EXPECT_EQ(run_command_line({}, 0), Exit::kDone);
  const std::string out = testing::internal::GetCapturedStdout();
  for (const CliCommand* command : command_table()) {
    EXPECT_NE(out.find("strata " + std::string(command->name) + " "), std::string::npos) << out;
  }
}

TEST(CommandLine, EveryCommandHasHelpWithExamplesThatNameIt) {
  for (const CliCommand* command : command_table()) {
    const std::string name(command->name);
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{name, "--help"}, {name, "-h"}, {"help", name}}) {
      testing::internal::CaptureStdout();
      EXPECT_EQ(run_command_line(words, 0), Exit::kDone);
      const std::string out = testing::internal::GetCapturedStdout();
      EXPECT_TRUE(out.starts_with("strata " + name)) << out;
      const std::size_t examples = out.find("\nExamples\n");
      ASSERT_NE(examples, std::string::npos) << out;
      EXPECT_NE(out.find("  strata " + name, examples), std::string::npos) << out;
    }
  }
}

TEST(CommandLine, TellsItsVersion) {
  testing::internal::CaptureStdout();
  const std::vector<std::string> words{"--version"};
  EXPECT_EQ(run_command_line(words, 0), Exit::kDone);
  const std::string out = testing::internal::GetCapturedStdout();
  EXPECT_TRUE(out.starts_with("strata ")) << out;
  EXPECT_NE(out.find('.'), std::string::npos) << out;
}

// Parses layout flags alone.
Result<LayoutLists> lists_of(const std::string& line, LayoutFlags::Values values, unsigned usable) {
  Arguments arguments("test", "", "");
  LayoutFlags flags;
  flags.declare(arguments, values);
  const auto parsed = arguments.parse(words_of(line));
  return parsed ? flags.lists(usable) : Result<LayoutLists>(parsed.error());
}

TEST(LayoutFlags, ThreadsAreTheUsableCpusUnlessProcessesAreGiven) {
  EXPECT_EQ(lists_of("", LayoutFlags::Values::kOne, 6)->threads, std::vector<std::uint32_t>{6});
  EXPECT_EQ(lists_of("-P 3", LayoutFlags::Values::kOne, 6)->threads, std::vector<std::uint32_t>{1});
  EXPECT_EQ(lists_of("-P 3 -T 2", LayoutFlags::Values::kOne, 6)->threads,
            std::vector<std::uint32_t>{2});
}

TEST(LayoutFlags, ListsKeepOrderAndDuplicates) {
  const auto lists =
      lists_of("-P 4,1,1 -T 2,1 -G 0,7 -x pool,serial --start zygote,spawn --wait park",
               LayoutFlags::Values::kLists, 2);
  ASSERT_TRUE(lists) << lists.error().message;
  EXPECT_EQ(lists->processes, (std::vector<std::uint32_t>{4, 1, 1}));
  EXPECT_EQ(lists->threads, (std::vector<std::uint32_t>{2, 1}));
  EXPECT_EQ(lists->in_flight, (std::vector<std::uint32_t>{0, 7}));
  EXPECT_EQ(lists->executors, (std::vector<std::string>{"pool", "serial"}));
  EXPECT_EQ(lists->starts, (std::vector<Start>{Start::kZygote, Start::kSpawn}));
  EXPECT_EQ(lists->waits, std::vector<Wait>{Wait::kPark});
}

TEST(LayoutFlags, AllSpellingsOfAFlagMeanTheSame) {
  for (const char* line : {"-P 3", "-P3", "--processes 3", "--processes=3"}) {
    const auto lists = lists_of(line, LayoutFlags::Values::kOne, 2);
    ASSERT_TRUE(lists) << line << ": " << lists.error().message;
    EXPECT_EQ(lists->processes, std::vector<std::uint32_t>{3}) << line;
  }
}

TEST(LayoutFlags, SerialHasOneThreadWhateverIsSaid) {
  Arguments arguments("test", "", "");
  LayoutFlags flags;
  flags.declare(arguments, LayoutFlags::Values::kOne);
  ASSERT_TRUE(arguments.parse(words_of("-x serial -T 4 -G 9")));
  const auto layout = flags.layout(2);
  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->threads, 1U);
  EXPECT_EQ(layout->in_flight, 0U);
}

Result<Layout> layout_of(const std::string& line) {
  Arguments arguments("test", "", "");
  LayoutFlags flags;
  flags.declare(arguments, LayoutFlags::Values::kOne);
  const auto parsed = arguments.parse(words_of(line));
  return parsed ? flags.layout(2) : Result<Layout>(parsed.error());
}

TEST(LayoutFlags, TheGilHasASwitchIntervalAndMayBeLetGo) {
  const auto usual = layout_of("-x gil");
  ASSERT_TRUE(usual) << usual.error().message;
  EXPECT_EQ(usual->gil_interval_us, 5000U);
  EXPECT_FALSE(usual->gil_release_compute);
  const auto chosen = layout_of("-x gil --gil-interval-ms 0.25 --gil-release-compute");
  ASSERT_TRUE(chosen) << chosen.error().message;
  EXPECT_EQ(chosen->gil_interval_us, 250U);
  EXPECT_TRUE(chosen->gil_release_compute);
  EXPECT_EQ(layout_of("-x gil --gil-interval-ms 0.0001")->gil_interval_us, 1U);
  EXPECT_FALSE(layout_of("-x gil --gil-interval-ms 0"));
  EXPECT_FALSE(layout_of("-x gil --gil-interval-ms 20000"));
}

TEST(LayoutFlags, OnlyTheGilHasALockToSpeakOf) {
  for (const char* line : {"-x pool --gil-interval-ms 1", "--gil-release-compute"}) {
    const auto layout = layout_of(line);
    ASSERT_FALSE(layout) << line;
    EXPECT_EQ(layout.error().exit, Exit::kUsage);
    EXPECT_NE(layout.error().message.find("add -x gil"), std::string::npos);
  }
  const auto lists = lists_of("-x gil,threads --gil-interval-ms 1", LayoutFlags::Values::kLists, 2);
  ASSERT_TRUE(lists) << lists.error().message;
  EXPECT_EQ(lists->gil_interval_us, 1000U);
}

TEST(ShellWord, IsQuotedOnlyWhereItMustBe) {
  EXPECT_EQ(shell_word("grain=1,10"), "grain=1,10");
  EXPECT_EQ(shell_word("input=/a b"), "'input=/a b'");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_word(""), "''");
}

}  // namespace
}  // namespace strata
