// Parameters: every refusal, word by word, and the values that pass.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>

#include "shared/workloads/parameters.h"
#include "shared/workloads/workload.h"
#include "tests/unit/temporary_folder.h"
#include "tests/unit/unprivileged.h"

namespace strata {
namespace {

using testing::TemporaryFolder;
using testing::Unprivileged;

constexpr ParameterSpec kSpecs[] = {
    {.name = "units", .type = ParameterType::kInteger, .low = 1, .high = 1e9, .fallback = "2000"},
    {.name = "grain",
     .type = ParameterType::kReal,
     .unit = "us",
     .low = 0,
     .high = 1e6,
     .fallback = "100"},
    {.name = "how", .type = ParameterType::kChoice, .fallback = "segv", .choices = "segv|abort"},
    {.name = "note", .type = ParameterType::kText},
    {.name = "output", .type = ParameterType::kOutputFile}};

Result<Parameters> parse(const std::vector<std::string>& words) {
  return parse_parameters("compute", kSpecs, words);
}

std::string refusal(const std::vector<std::string>& words) {
  const Result<Parameters> parameters = parse(words);
  if (parameters) {
    return "accepted";
  }
  EXPECT_EQ(parameters.error().exit, Exit::kUsage);
  return parameters.error().message;
}

TEST(Parameters, AreTheDefaultsWhenNothingIsSaid) {
  const Result<Parameters> parameters = parse({});
  ASSERT_TRUE(parameters);
  EXPECT_EQ(parameters->integer("units"), 2000U);
  EXPECT_EQ(parameters->real("grain"), 100.0);
  EXPECT_EQ(parameters->text("how"), "segv");
  EXPECT_EQ(parameters->text("output"), "");
  EXPECT_EQ(parameters->all().size(), 5U);
}

TEST(Parameters, AreStoredInOneSpelling) {
  const Result<Parameters> parameters = parse({"units=1e6", "grain=0.50", "note=a=b c"});
  ASSERT_TRUE(parameters);
  EXPECT_EQ(parameters->text("units"), "1000000");
  EXPECT_EQ(parameters->text("grain"), "0.5");
  EXPECT_EQ(parameters->text("note"), "a=b c");
}

TEST(Parameters, RefuseAnUnknownNameAndProposeTheNearest) {
  EXPECT_EQ(refusal({"gain=3"}),
            "compute: there is no parameter 'gain'; did you mean 'grain'? (strata list compute)");
  EXPECT_EQ(refusal({"elephants=3"}),
            "compute: there is no parameter 'elephants' (strata list compute)");
  EXPECT_EQ(refusal({"=3"}), "compute: there is no parameter '' (strata list compute)");
}

TEST(Parameters, RefuseWhatIsOutOfRangeByName) {
  EXPECT_EQ(refusal({"grain=-3"}), "compute: grain=-3: must be 0 to 1000000 us");
  EXPECT_EQ(refusal({"grain=1000001"}), "compute: grain=1000001: must be 0 to 1000000 us");
  EXPECT_EQ(refusal({"units=0"}), "compute: units=0: must be a whole number from 1 to 1000000000");
}

TEST(Parameters, RefuseWhatIsNoNumber) {
  for (const std::string text :
       {"", " 1", "1 ", "0x10", "1.5", "nan", "inf", "1e400", "--1", "+1"}) {
    EXPECT_EQ(refusal({"units=" + text}),
              "compute: units=" + text + ": must be a whole number from 1 to 1000000000");
  }
  for (const std::string text : {"", "nan", "-nan", "inf", "12us", "1,5"}) {
    EXPECT_EQ(refusal({"grain=" + text}), "compute: grain=" + text + ": must be 0 to 1000000 us");
  }
}

TEST(Parameters, RefuseAChoiceThatIsNotOffered) {
  EXPECT_EQ(refusal({"how=seg"}), "compute: how=seg: must be one of segv|abort");
  EXPECT_EQ(refusal({"how=segv|abort"}), "compute: how=segv|abort: must be one of segv|abort");
  EXPECT_EQ(refusal({"how="}), "compute: how=: must be one of segv|abort");
  EXPECT_EQ(parse({"how=abort"})->text("how"), "abort");
}

TEST(Parameters, RefuseWordsWithoutEqualsAndNamesGivenTwice) {
  EXPECT_EQ(refusal({"grain"}),
            "compute: 'grain': parameters are written name=value (strata list compute)");
  EXPECT_EQ(refusal({"grain=1", "grain=1"}), "compute: grain is given twice; give it once");
}

TEST(Parameters, RefuseAMissingInput) {
  const ParameterSpec specs[] = {{.name = "input",
                                  .type = ParameterType::kInputDir,
                                  .required = true,
                                  .summary = "the folder whose files are digested"}};
  const auto said = [&specs](const std::string& word) {
    const std::vector<std::string> words{word};
    const auto used = std::span(words).first(word.empty() ? 0 : 1);
    const Result<Parameters> parameters = parse_parameters("digest", specs, used);
    return parameters ? parameters->text("input") : parameters.error().message;
  };
  const TemporaryFolder folder;
  folder.write("file", "x");
  std::filesystem::create_directory(folder / "closed");
  chmod((folder / "closed").c_str(), 0);
  chmod(folder.path().c_str(), 0755);

  EXPECT_EQ(said(""),
            "digest: input is missing: the folder whose files are digested; add input=... "
            "(strata list digest)");
  EXPECT_EQ(said("input="), "digest: input=: must be a path");
  EXPECT_EQ(said("input=" + folder / "none"), "digest: input=" + folder / "none" +
                                                  ": No such file or directory; name an existing "
                                                  "folder");
  EXPECT_EQ(said("input=" + folder / "file"), "digest: input=" + folder / "file" +
                                                  ": is not a folder; name the folder that it lies "
                                                  "in");
  {
    const Unprivileged nobody;
    EXPECT_EQ(said("input=" + folder / "closed"),
              "digest: input=" + folder / "closed" +
                  ": Permission denied; make the folder readable, or name another");
  }
  EXPECT_EQ(said("input=" + folder / "closed/../."), folder.path().string() + "/");
}

TEST(Parameters, MakePathsAbsolute) {
  const Result<Parameters> parameters = parse({"output=picture.png"});
  ASSERT_TRUE(parameters) << parameters.error().message;
  EXPECT_EQ(parameters->text("output"), std::filesystem::current_path() / "picture.png");
}

TEST(Parameters, RefuseAnOutputThatCannotBeWritten) {
  const TemporaryFolder folder;
  folder.write("old.png", "x");
  chmod((folder / "old.png").c_str(), 0444);
  std::filesystem::create_directory(folder / "closed");
  chmod((folder / "closed").c_str(), 0555);
  chmod(folder.path().c_str(), 0777);
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0666), 0);
  const auto said = [&folder](const std::string& name) {
    const std::string start = "compute: output=" + folder / name + ": ";
    const std::string message = refusal({"output=" + folder / name});
    EXPECT_EQ(message.substr(0, start.size()), start);
    return message.substr(start.size());
  };

  EXPECT_EQ(refusal({"output=" + folder / "new.png"}), "accepted");
  EXPECT_EQ(said("closed"), "is a folder; name a file in it");
  EXPECT_EQ(said("new/"), "is a folder; name a file in it");
  EXPECT_EQ(said("pipe"), "is not a regular file; name another");
  EXPECT_EQ(said("none/x.png"),
            "folder " + folder / "none" +
                ": No such file or directory; make the folder first, or name another");
  EXPECT_EQ(said("old.png/x.png"),
            folder / "old.png" + " is not a folder; name a file in a folder");
  const Unprivileged nobody;
  EXPECT_EQ(said("old.png"), "Permission denied; make the file writable, or name another");
  EXPECT_EQ(said("closed/x.png"),
            "folder " + folder / "closed" +
                ": Permission denied; name a file in a folder that you can write to");
}

TEST(NearestName, IsAtMostTwoErrorsAway) {
  constexpr std::array<std::string_view, 4> kNames{"compute", "memory", "wait", "digest"};
  EXPECT_EQ(nearest_name("compute", kNames), "compute");
  EXPECT_EQ(nearest_name("comptue", kNames), "compute");
  EXPECT_EQ(nearest_name("wiat", kNames), "wait");
  EXPECT_EQ(nearest_name("digset", kNames), "digest");
  EXPECT_EQ(nearest_name("computers", kNames), "compute");
  EXPECT_EQ(nearest_name("mammoth", kNames), "");
  EXPECT_EQ(nearest_name("", kNames), "");
  EXPECT_EQ(nearest_name(std::string(100000, 'x'), kNames), "");
}

TEST(NearestName, DoesNotProposeAnotherWordOfTwoLetters) {
  constexpr std::array<std::string_view, 2> kNames{"ms", "at"};
  EXPECT_EQ(nearest_name("xy", kNames), "");
  EXPECT_EQ(nearest_name("mx", kNames), "ms");
}

TEST(WorkloadTable, GivesEveryWorkloadDefaultsThatPassTheirOwnChecks) {
  for (const Workload* workload : workload_table()) {
    EXPECT_EQ(find_workload(workload->name), workload);
    EXPECT_FALSE(workload->summary.empty()) << workload->name;
    for (const ParameterSpec& spec : workload->parameters) {
      EXPECT_FALSE(spec.summary.empty()) << workload->name << ' ' << spec.name;
      if (spec.required || spec.fallback.empty()) {
        continue;
      }
      const std::vector<std::string> words{std::string(spec.name) + "=" +
                                           std::string(spec.fallback)};
      const ParameterSpec alone[] = {spec};
      const Result<Parameters> parameters = parse_parameters(workload->name, alone, words);
      ASSERT_TRUE(parameters) << parameters.error().message;
      EXPECT_EQ(parameters->text(spec.name), spec.fallback) << "not in the stored spelling";
    }
    for (const ResultField& field : workload->result_fields) {
      EXPECT_FALSE(field.summary.empty()) << workload->name << ' ' << field.name;
    }
  }
  EXPECT_EQ(find_workload("comput"), nullptr);
}

}  // namespace
}  // namespace strata
