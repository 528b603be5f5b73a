// A run in words and as JSON, and back.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "coordinator/report/format.h"
#include "coordinator/report/list_report.h"
#include "coordinator/report/run_json.h"
#include "coordinator/report/run_text.h"

namespace strata {
namespace {

using Json = nlohmann::ordered_json;

RunResult example() {
  RunResult run;
  run.run = "20261124-1";
  run.workload = "compute";
  run.parameters = {{"units", "2000"}, {"grain", "12.5"}, {"imbalance", "0"}};
  run.layout.processes = 2;
  run.layout.start = Start::kZygote;
  run.layout.wait = Wait::kPark;
  run.layout.pin = Pin::kSpread;
  run.seed = 18446744073709551615U;
  run.launch_s = 0.0061;
  run.makespan_s = 1.04;
  run.units_expected = 2000;
  run.units_completed = 2000;
  run.units_retried = 16;
  run.duplicates_discarded = 3;
  run.unit_noun = "units";
  run.shards = 125;
  run.outcome.check = Check::kOk;
  run.outcome.detail = "the checksum equals the serial one";
  run.outcome.headline = "5.13 GFLOP/s";
  run.outcome.fields = {{"gflops", 5.0},
                        {"operations", std::uint64_t{18446744073709551615U}},
                        {"change", std::int64_t{-3}},
                        {"checksum", std::string("7d27")},
                        {"unreadable", std::vector<std::string>{"a \"b\"", "c"}}};
  run.cpu_s = 2.02;
  run.voluntary_switches = 14;
  run.involuntary_switches = 61;
  run.pss_bytes = 9'400'000;
  run.workers = {{0, "here", 100, {0}, 1, 1000, 0}, {1, "here", 101, {1}, 1, 1000, 2}};
  return run;
}

TEST(RunJson, HasEveryFieldInItsOrder) {
  const Json json = Json::parse(to_json(example()));
  std::vector<std::string> names;
  for (const auto& [name, value] : json.items()) {
    names.push_back(name);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"schema",
                                             "run",
                                             "workload",
                                             "parameters",
                                             "layout",
                                             "seed",
                                             "launch_s",
                                             "makespan_s",
                                             "units",
                                             "unit_noun",
                                             "shards",
                                             "check",
                                             "result",
                                             "headline",
                                             "failure",
                                             "cpu_s",
                                             "context_switches",
                                             "pss_bytes",
                                             "verdict",
                                             "verdict_reason",
                                             "workers"}));
  EXPECT_EQ(json["schema"], "strata.run/1");
  EXPECT_EQ(json["verdict"], "inconclusive");
  EXPECT_EQ(json["layout"].dump(),
            R"({"hosts":1,"processes":2,"threads":1,"in_flight":0,"executor":"pool",)"
            R"("start":"zygote","wait":"park","pin":"spread"})");
  EXPECT_EQ(json["units"].dump(),
            R"({"expected":2000,"completed":2000,"retried":16,"duplicates_discarded":3})");
  EXPECT_EQ(json["check"]["status"], "ok");
  EXPECT_EQ(json["parameters"]["units"], 2000);
  EXPECT_EQ(json["parameters"]["grain"], 12.5);
  EXPECT_TRUE(json["failure"].is_null());
  EXPECT_EQ(json["context_switches"].dump(), R"({"voluntary":14,"involuntary":61})");
  EXPECT_EQ(json["workers"][1].dump(),
            R"({"worker":1,"host":"here","pid":101,"cpus":[1],"os_threads":1,"units":1000,)"
            R"("restarts":2})");
}

TEST(RunJson, TellsOfTheLockUnderTheGilAndReadsItBack) {
  RunResult run = example();
  run.layout.executor = "gil";
  run.layout.gil_interval_us = 1;
  run.layout.gil_release_compute = true;
  const Json json = Json::parse(to_json(run));
  EXPECT_EQ(json["layout"]["gil_interval_ms"], 0.001);
  EXPECT_EQ(json["layout"]["gil_release_compute"], true);
  const Result<RunResult> back = run_from_json(to_json(run));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->layout, run.layout);
}

TEST(RunJson, ReadsBackToTheSameText) {
  const std::string text = to_json(example());
  const Result<RunResult> back = run_from_json(text);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(to_json(*back), text);
  EXPECT_EQ(back->seed, 18446744073709551615U);
  EXPECT_EQ(back->parameters.at("grain"), "12.5");
  EXPECT_EQ(back->layout, example().layout);
  EXPECT_EQ(std::get<std::uint64_t>(back->outcome.fields[1].value), 18446744073709551615U);
  EXPECT_EQ(std::get<double>(back->outcome.fields[0].value), 5.0);
  EXPECT_EQ(std::get<std::vector<std::string>>(back->outcome.fields[4].value).size(), 2U);
}

TEST(RunJson, AFailureReadsBackToo) {
  RunResult run = example();
  run.failure = "unit 7 crashed";
  run.outcome.check = Check::kFailed;
  const Result<RunResult> back = run_from_json(to_json(run));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->failure, "unit 7 crashed");
  EXPECT_EQ(back->outcome.check, Check::kFailed);
}

TEST(RunJson, BytesThatAreNoTextDoNotStopIt) {
  RunResult run = example();
  run.parameters["input"] = "/tmp/\xff\xfe";
  run.outcome.detail = "bad \xc3";
  EXPECT_TRUE(run_from_json(to_json(run)));
}

TEST(RunJson, RefusesWhatItDidNotWrite) {
  for (const char* text : {"", "{", "[]", "{}", "{\"parameters\": 3}", "null",
                           R"({"parameters":{},"layout":{"processes":"x"}})"}) {
    const Result<RunResult> back = run_from_json(text);
    ASSERT_FALSE(back) << text;
    EXPECT_NE(back.error().message.find("strata.run/1"), std::string::npos);
  }
}

TEST(RunText, TellsWhatWasRunThenTheAnswerThenTheEvidence) {
  EXPECT_EQ(run_text(example(), 2, {}),
            "compute  2 processes x 1 thread, executor pool, start zygote, 2,000 units in 125 "
            "shards\n"
            "placing  worker 0 on cpu 0, worker 1 on cpu 1                 (2 usable CPUs)\n"
            "ready    2 workers in 6.10 ms\n"
            "\n"
            "done     1.04 s      5.13 GFLOP/s   (checked)\n"
            "verdict  inconclusive  on-CPU evidence is not recorded yet\n"
            "repairs  16 units retried, 3 late results discarded, 2 restarts\n"
            "cost     cpu 2.02 s  switches 14 voluntary, 61 involuntary   memory 9.40 MB (PSS)\n");
}

TEST(RunText, AFailedRunSaysHowFarItCame) {
  RunResult run = example();
  run.units_completed = 1999;
  run.failure = "unit 7 crashed";
  const std::string text = outcome_text(run, {});
  EXPECT_TRUE(text.starts_with("failed   ")) << text;
  EXPECT_NE(text.find("1,999 of 2,000 units"), std::string::npos) << text;
  EXPECT_EQ(text.find("done"), std::string::npos) << text;
  EXPECT_EQ(failure_of(run), "unit 7 crashed");
}

TEST(RunText, NotObservedIsNoFailure) {
  RunResult run = example();
  run.outcome.check = Check::kNotObserved;
  EXPECT_EQ(failure_of(run), "");
  EXPECT_NE(outcome_text(run, {}).find("not observed"), std::string::npos);
}

TEST(RunText, ManyWorkersAreToldInOnePhrase) {
  std::vector<WorkerPlace> places;
  for (std::uint32_t i = 0; i < 64; ++i) {
    places.push_back({i, "here", {0, 1}});
  }
  EXPECT_EQ(places_text(places, {}), "64 workers, each on cpus 0-1");
  places[5].cpus = {1};
  EXPECT_EQ(places_text(places, {}),
            "worker 0 on cpus 0-1, worker 1 on cpus 0-1, worker 2 on cpus 0-1 ... worker 63 on "
            "cpus 0-1");
}

TEST(RunText, ColoursAppearOnlyWhereTheyAreWanted) {
  EXPECT_EQ(run_text(example(), 2, {}).find('\x1b'), std::string::npos);
  Style coloured;
  coloured.colour = true;
  EXPECT_NE(run_text(example(), 2, coloured).find('\x1b'), std::string::npos);
}

TEST(Format, ThreeSignificantDigitsAndAUnit) {
  EXPECT_EQ(seconds_text(1.0449), "1.04 s");
  EXPECT_EQ(seconds_text(0.203), "203 ms");
  EXPECT_EQ(seconds_text(0.0061), "6.10 ms");
  EXPECT_EQ(seconds_text(0.00004104), "41.0 us");
  EXPECT_EQ(seconds_text(8.1e-9), "8.10 ns");
  EXPECT_EQ(seconds_text(0.9996), "1.00 s");
  EXPECT_EQ(seconds_text(0), "0 s");
  EXPECT_EQ(bytes_text(556'000), "556 kB");
  EXPECT_EQ(bytes_text(1.312e9), "1.31 GB");
  EXPECT_EQ(bytes_text(12), "12 B");
  EXPECT_EQ(significant(9.996), "10.0");
  EXPECT_EQ(significant(0.01234), "0.0123");
  EXPECT_EQ(significant(1234.4), "1,234");
  EXPECT_EQ(significant(-2.5), "-2.50");
  EXPECT_EQ(significant(std::nan("")), "?");
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(12'481), "12,481");
  EXPECT_EQ(count_text(1'000'000), "1,000,000");
  EXPECT_EQ(count_of(1, "processes"), "1 process");
  EXPECT_EQ(count_of(1, "files"), "1 file");
  EXPECT_EQ(count_of(2, "files"), "2 files");
  EXPECT_EQ(duration_text(0.42), "0.4 s");
  EXPECT_EQ(duration_text(58.2), "58 s");
  EXPECT_EQ(duration_text(200), "3 min 20 s");
  EXPECT_EQ(duration_text(7500), "2 h 5 min");
  EXPECT_EQ(exact(0.1), "0.1");
}

TEST(Columns, CountCharactersNotBytesNorColours) {
  EXPECT_EQ(columns_of("±…é"), 3U);
  EXPECT_EQ(columns_of("\x1b[1mab\x1b[0m"), 2U);
  EXPECT_EQ(pad_right("±", 3), "±  ");
  EXPECT_EQ(pad_left("\x1b[1mab\x1b[0m", 4), "  \x1b[1mab\x1b[0m");
}

TEST(ListJson, NamesEveryParameterAndResultField) {
  const Json json = Json::parse(list_json(std::nullopt, nullptr));
  EXPECT_EQ(json["schema"], "strata.list/1");
  for (const char* section : {"workloads", "executors", "transports", "launchers"}) {
    ASSERT_TRUE(json.contains(section));
    EXPECT_FALSE(json[section].empty());
    for (const Json& entry : json[section]) {
      EXPECT_FALSE(entry["name"].get<std::string>().empty());
      EXPECT_FALSE(entry["summary"].get<std::string>().empty());
    }
  }
  ASSERT_EQ(json["workloads"].size(), workload_table().size());
  for (std::size_t i = 0; i < workload_table().size(); ++i) {
    const Workload& workload = *workload_table()[i];
    const Json& told = json["workloads"][i];
    EXPECT_EQ(told["name"], workload.name);
    ASSERT_EQ(told["parameters"].size(), workload.parameters.size());
    ASSERT_EQ(told["result"].size(), workload.result_fields.size());
    for (const Json& parameter : told["parameters"]) {
      for (const char* field :
           {"name", "type", "unit", "low", "high", "choices", "required", "default", "summary"}) {
        EXPECT_TRUE(parameter.contains(field)) << field;
      }
      if (parameter["type"] == "integer" || parameter["type"] == "real") {
        EXPECT_TRUE(parameter["low"].is_number());
        EXPECT_TRUE(parameter["default"].is_number() || parameter["required"] == true);
      }
    }
  }
}

TEST(ListJson, ShowsOneSectionOrOneWorkload) {
  const Json executors = Json::parse(list_json(Section::kExecutors, nullptr));
  EXPECT_EQ(executors.size(), 2U);  // The schema and the section
  const Json one = Json::parse(list_json(std::nullopt, find_workload("wait")));
  ASSERT_EQ(one["workloads"].size(), 1U);
  EXPECT_EQ(one["workloads"][0]["name"], "wait");
}

TEST(ListText, NamesEveryWorkloadAndItsParameters) {
  const std::string all = list_text(std::nullopt, {});
  for (const Workload* workload : workload_table()) {
    EXPECT_NE(all.find(workload->name), std::string::npos);
    const std::string text = workload_text(*workload, {});
    for (const ParameterSpec& spec : workload->parameters) {
      EXPECT_NE(text.find("\n  " + std::string(spec.name) + " "), std::string::npos) << text;
    }
    for (const ResultField& field : workload->result_fields) {
      EXPECT_NE(text.find("\n  " + std::string(field.name) + " "), std::string::npos) << text;
    }
  }
}

}  // namespace
}  // namespace strata
