// A sweep as table, JSON, CSV and page, out of trials that are made up.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "coordinator/report/html_report.h"
#include "coordinator/report/speedup_plot.h"
#include "coordinator/report/sweep_report.h"
#include "coordinator/report/table.h"
#include "tests/unit/fake_trials.h"

namespace strata {
namespace {

using Json = nlohmann::ordered_json;

const SweepStory kStory{"2 usable CPUs (KVM guest)", 2, "strata sweep compute -P 1,2 --seed 41", "",
                        ""};

SweepResult example(const LayoutLists& lists = {.processes = {1, 2, 4}, .threads = {1, 2, 4}},
                    const std::vector<std::string>& words = {"grain=0"}) {
  FakeTrials trials;
  return run_sweep(
      *plan_sweep(*find_workload("compute"), lists, words, Scaling::kStrong, std::nullopt),
      {.rounds = 4, .seed = 41}, trials.source().run, [](const SweepProgress&) {});
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(line);
  }
  return lines;
}

TEST(SweepJson, HasTheFieldsOfItsSchema) {
  const SweepResult result = example();
  const Json json = Json::parse(sweep_json(result, summarise(result), kStory));
  EXPECT_EQ(json["schema"], "strata.sweep/1");
  EXPECT_EQ(json["run"], "run-1");
  EXPECT_EQ(json["workload"], "compute");
  EXPECT_EQ(json["rounds"], 4);
  EXPECT_EQ(json["seed"], 41);
  EXPECT_EQ(json["parameters"]["grain"], 0.0);
  EXPECT_EQ(json["partial"], false);
  EXPECT_TRUE(json["recommended"].is_null());
  ASSERT_EQ(json["layouts"].size(), 9U);
  for (const Json& row : json["layouts"]) {
    const double processors =
        row["layout"]["processes"].get<double>() * row["layout"]["threads"].get<double>();
    EXPECT_DOUBLE_EQ(row["makespan_s"]["median"], 1 / processors);
    EXPECT_TRUE(row["makespan_s"]["low"].is_null());
    EXPECT_TRUE(row["makespan_s"]["high"].is_null());
    EXPECT_DOUBLE_EQ(row["speedup"]["median"], processors);
    EXPECT_DOUBLE_EQ(row["efficiency"], 1);
    EXPECT_TRUE(row["speedup_vs_serial"]["median"].is_null());
    EXPECT_EQ(row["verdict"], "inconclusive");
    EXPECT_TRUE(row["grade"].is_null());
    EXPECT_EQ(row["samples_s"].size(), 4U);
  }
}

TEST(SweepJson, TellsSpeedupsAgainstSerialWhereThereIsASerialRow) {
  const SweepResult result = example({.threads = {1, 2}, .executors = {"serial", "pool"}});
  const Json json = Json::parse(sweep_json(result, summarise(result), kStory));
  ASSERT_EQ(json["layouts"].size(), 3U);
  EXPECT_DOUBLE_EQ(json["layouts"][2]["speedup_vs_serial"]["median"], 2);
}

TEST(SweepText, TablesAreAligned) {
  const SweepResult result = example();
  const std::vector<std::string> lines =
      lines_of(sweep_text(result, summarise(result), kStory, {}));
  ASSERT_TRUE(lines[0].starts_with("compute")) << lines[0];
  ASSERT_TRUE(lines[1].starts_with("machine")) << lines[1];
  const std::string& title = lines[3];
  ASSERT_NE(title.find("makespan"), std::string::npos) << title;
  for (std::size_t row = 4; row < 13; ++row) {
    // Verdicts stand under their title, figures end where their title does.
    EXPECT_EQ(lines[row].find("inconclusive"), title.find("verdict")) << lines[row];
    EXPECT_EQ(lines[row].size(), title.size()) << lines[row];
  }
  EXPECT_NE(lines[4].find("baseline"), std::string::npos);
  EXPECT_EQ(lines.back(), "repeat    with: strata sweep compute -P 1,2 --seed 41");
}

TEST(SweepText, APartialSweepSaysSo) {
  SweepResult result = example();
  result.samples.resize(7);
  result.stopped = Error{Exit::kInterrupted, "interrupted"};
  const std::string text = sweep_text(result, summarise(result), kStory, {});
  EXPECT_NE(text.find("partial   7 of 36 trials"), std::string::npos) << text;
  const Json json = Json::parse(sweep_json(result, summarise(result), kStory));
  EXPECT_EQ(json["partial"], true);
  EXPECT_EQ(json["failure"], "interrupted");
}

TEST(SweepText, ShowsOnlyTheColumnsThatDiffer) {
  const SweepResult plain = example({.processes = {1, 2}});
  EXPECT_EQ(sweep_text(plain, summarise(plain), kStory, {}).find(" executor   "),
            std::string::npos);
  const SweepResult more =
      example({.processes = {1, 2}, .executors = {"pool", "threads"}}, {"grain=0", "units=1,2"});
  const std::string title = lines_of(sweep_text(more, summarise(more), kStory, {}))[3];
  EXPECT_NE(title.find("executor"), std::string::npos) << title;
  EXPECT_NE(title.find("units"), std::string::npos) << title;
  EXPECT_EQ(title.find("grain"), std::string::npos) << title;
}

TEST(SweepCsv, HasALineForEachTrialAndAsManyCellsInEach) {
  const SweepResult result = example();
  const std::vector<std::string> lines = lines_of(sweep_csv(result));
  ASSERT_EQ(lines.size(), 37U);
  EXPECT_TRUE(lines[0].starts_with("round,order,row,workload,hosts,processes,threads,in_flight"));
  for (const std::string& line : lines) {
    EXPECT_EQ(std::count(line.begin(), line.end(), ','),
              std::count(lines[0].begin(), lines[0].end(), ','));
  }
  EXPECT_TRUE(lines[1].starts_with("1,1,")) << lines[1];
  EXPECT_TRUE(lines[36].starts_with("4,9,")) << lines[36];
}

// The first fault of markup that is not well-formed XML: tags that do not match, attributes without
// quotes, bare & or <. Enough of XML for what strata writes.
std::string fault_in(const std::string& text) {
  std::vector<std::string> open;
  std::size_t at = text.starts_with("<!DOCTYPE html>") ? 15 : 0;
  while (at < text.size()) {
    if (text[at] == '&') {
      const std::size_t end = text.find(';', at);
      const std::string name = text.substr(at, end - at);
      if (name != "&amp" && name != "&lt" && name != "&gt" && name != "&quot") {
        return "bare & at " + text.substr(at, 40);
      }
    }
    if (text[at] != '<') {
      ++at;
      continue;
    }
    const std::size_t end = text.find('>', at);
    if (end == std::string::npos) {
      return "tag without end";
    }
    const std::string tag = text.substr(at + 1, end - at - 1);
    at = end + 1;
    if (tag.starts_with("/")) {
      if (open.empty() || open.back() != tag.substr(1)) {
        return "unexpected <" + tag + ">";
      }
      open.pop_back();
      continue;
    }
    if (std::count(tag.begin(), tag.end(), '"') % 2 != 0 || tag.find('<') != std::string::npos) {
      return "malformed <" + tag + ">";
    }
    if (!tag.ends_with("/")) {
      open.push_back(tag.substr(0, tag.find_first_of(" \n")));
    }
  }
  return open.empty() ? "" : "never closed: " + open.back();
}

TEST(FaultIn, FindsFaults) {
  EXPECT_EQ(fault_in("<a x=\"1\"><b/>&amp;</a>"), "");
  EXPECT_NE(fault_in("<a><b></a>"), "");
  EXPECT_NE(fault_in("<a>&</a>"), "");
  EXPECT_NE(fault_in("<a x=\"1></a>"), "");
  EXPECT_NE(fault_in("<a>"), "");
}

TEST(HtmlReport, IsWellFormedAndNeedsNothingElse) {
  const SweepResult result = example();
  const std::string html = html_report(result, summarise(result), kStory);
  EXPECT_EQ(fault_in(html), "");
  for (const char* outside : {"<script", "<link", "<img", "src=", "@import", "url("}) {
    EXPECT_EQ(html.find(outside), std::string::npos) << outside;
  }
  EXPECT_NE(html.find("prefers-color-scheme: dark"), std::string::npos);
  EXPECT_NE(html.find("strata sweep compute -P 1,2 --seed 41"), std::string::npos);
  EXPECT_NE(html.find("2 usable CPUs (KVM guest)"), std::string::npos);
}

TEST(HtmlReport, EscapesWhatComesFromOutside) {
  const SweepResult result = example();
  SweepStory story = kStory;
  story.machine = "<b>&\"CPU\"\x01";
  story.command = "strata sweep compute 'a<b'";
  const std::string html = html_report(result, summarise(result), story);
  EXPECT_EQ(fault_in(html), "");
  EXPECT_EQ(html.find("<b>"), std::string::npos);
  EXPECT_EQ(html.find('\x01'), std::string::npos);
}

TEST(HtmlReport, DrawsProcessesAndThreadsAndTheIdeal) {
  const SweepResult result = example();
  const std::vector<RowSummary> rows = summarise(result);
  const std::vector<SpeedupPanel> panels = speedup_panels(result, rows);
  ASSERT_EQ(panels.size(), 1U);
  ASSERT_EQ(panels[0].processes.size(), 3U);
  ASSERT_EQ(panels[0].threads.size(), 3U);
  EXPECT_EQ(panels[0].both.size(), 4U);
  EXPECT_DOUBLE_EQ(panels[0].processes[2].processors, 4);
  EXPECT_DOUBLE_EQ(panels[0].threads[2].speedup, 4);
  const std::string svg = speedup_svg(panels[0], 2);
  EXPECT_EQ(fault_in(svg), "");
  for (const char* part : {"family-processes", "family-threads", "class=\"ideal\"",
                           "curve processes", "curve threads", "2 usable CPUs", "speed-up"}) {
    EXPECT_NE(svg.find(part), std::string::npos) << part;
  }
  EXPECT_NE(speedup_caption(panels[0], 2).find("4 processes reach 4.00 times"), std::string::npos);
}

TEST(HtmlReport, GivesEachExecutorItsOwnPanel) {
  const SweepResult result = example({.processes = {1, 2}, .executors = {"pool", "threads"}});
  const std::vector<SpeedupPanel> panels = speedup_panels(result, summarise(result));
  ASSERT_EQ(panels.size(), 2U);
  EXPECT_NE(panels[0].title.find("executor pool"), std::string::npos) << panels[0].title;
  EXPECT_NE(panels[1].title.find("executor threads"), std::string::npos) << panels[1].title;
}

TEST(HtmlReport, OfManyProcessorsStaysInItsFrame) {
  const SweepResult result = example({.processes = {1, 8, 64, 1024}, .threads = {1}});
  const std::string svg = speedup_svg(speedup_panels(result, summarise(result))[0], 2);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg.find("\"-"), std::string::npos);  // No coordinate lies outside on the left or top.
}

TEST(HtmlReport, WithoutACompleteRoundSaysSo) {
  SweepResult result = example();
  result.samples.clear();
  result.stopped = Error{Exit::kInterrupted, "interrupted"};
  const std::string html = html_report(result, summarise(result), kStory);
  EXPECT_EQ(fault_in(html), "");
  EXPECT_NE(html.find("nothing to compare"), std::string::npos);
}

TEST(Table, FillsColumnsAndEndsLinesWithoutBlanks) {
  EXPECT_EQ(table_text({{"name", Align::kLeft}, {"n", Align::kRight}, {"last", Align::kLeft}},
                       {{"a", "1"}, {"longer", "1,000", "±"}}),
            " name         n   last\n"
            " a            1\n"
            " longer   1,000   ±\n");
}

}  // namespace
}  // namespace strata
