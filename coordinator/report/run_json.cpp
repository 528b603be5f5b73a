#include "coordinator/report/run_json.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "coordinator/report/json_parts.h"

namespace strata {
namespace {

Json json_of(const WorkerResult& worker) {
  Json json;
  json["worker"] = worker.worker;
  json["host"] = worker.host;
  json["pid"] = worker.pid;
  json["cpus"] = worker.cpus;
  json["os_threads"] = worker.os_threads;
  json["units"] = worker.units;
  json["restarts"] = worker.restarts;
  return json;
}

// A number, integer or not, as it was; null reads as NaN, which no figure uses.
template <typename T>
void take(const Json& object, const char* name, T& value) {
  if (object.contains(name)) {
    object.at(name).get_to(value);
  }
}

Layout layout_from(const Json& json) {
  Layout layout;
  take(json, "hosts", layout.hosts);
  take(json, "processes", layout.processes);
  take(json, "threads", layout.threads);
  take(json, "in_flight", layout.in_flight);
  take(json, "executor", layout.executor);
  layout.start = parse_start(json.value("start", "spawn")).value_or(Start::kSpawn);
  layout.wait = parse_wait(json.value("wait", "auto")).value_or(Wait::kAuto);
  layout.pin = parse_pin(json.value("pin", "none")).value_or(Pin::kNone);
  const double interval_us = json.value("gil_interval_ms", kGilIntervalUs / 1e3) * 1e3;
  layout.gil_interval_us = static_cast<std::uint32_t>(
      std::clamp<double>(std::round(interval_us), 1, kGilIntervalMostUs));
  take(json, "gil_release_compute", layout.gil_release_compute);
  return layout;
}

WorkerResult worker_from(const Json& json) {
  WorkerResult worker;
  take(json, "worker", worker.worker);
  take(json, "host", worker.host);
  take(json, "pid", worker.pid);
  take(json, "cpus", worker.cpus);
  take(json, "os_threads", worker.os_threads);
  take(json, "units", worker.units);
  take(json, "restarts", worker.restarts);
  return worker;
}

Check check_from(const std::string& name) {
  static constexpr std::array kChecks = {Check::kOk, Check::kFailed, Check::kNotObserved,
                                         Check::kSkipped};
  for (const Check check : kChecks) {
    if (name_of(check) == name) {
      return check;
    }
  }
  return Check::kFailed;
}

RunResult run_from(const Json& json) {
  RunResult run;
  take(json, "run", run.run);
  take(json, "workload", run.workload);
  for (const auto& [name, value] : json.at("parameters").items()) {
    run.parameters[name] = value.is_string() ? value.get<std::string>() : value.dump();
  }
  run.layout = layout_from(json.at("layout"));
  take(json, "seed", run.seed);
  take(json, "launch_s", run.launch_s);
  take(json, "makespan_s", run.makespan_s);
  const Json& units = json.at("units");
  take(units, "expected", run.units_expected);
  take(units, "completed", run.units_completed);
  take(units, "retried", run.units_retried);
  take(units, "duplicates_discarded", run.duplicates_discarded);
  take(json, "unit_noun", run.unit_noun);
  take(json, "shards", run.shards);
  run.outcome.check = check_from(json.at("check").at("status").get<std::string>());
  take(json.at("check"), "detail", run.outcome.detail);
  take(json, "headline", run.outcome.headline);
  for (const auto& [name, value] : json.at("result").items()) {
    run.outcome.fields.push_back({name, value_from(value)});
  }
  if (!json.at("failure").is_null()) {
    take(json, "failure", run.failure);
  }
  take(json, "cpu_s", run.cpu_s);
  take(json.at("context_switches"), "voluntary", run.voluntary_switches);
  take(json.at("context_switches"), "involuntary", run.involuntary_switches);
  take(json, "pss_bytes", run.pss_bytes);
  for (const Json& worker : json.at("workers")) {
    run.workers.push_back(worker_from(worker));
  }
  return run;
}

}  // namespace

std::string to_json(const RunResult& run) {
  Json json;
  json["schema"] = "strata.run/1";
  json["run"] = run.run;
  json["workload"] = run.workload;
  json["parameters"] = json_of(run.parameters, find_workload(run.workload));
  json["layout"] = json_of(run.layout);
  json["seed"] = run.seed;
  json["launch_s"] = run.launch_s;
  json["makespan_s"] = run.makespan_s;
  json["units"] = {{"expected", run.units_expected},
                   {"completed", run.units_completed},
                   {"retried", run.units_retried},
                   {"duplicates_discarded", run.duplicates_discarded}};
  json["unit_noun"] = run.unit_noun;
  json["shards"] = run.shards;
  json["check"] = {{"status", name_of(run.outcome.check)}, {"detail", run.outcome.detail}};
  json["result"] = Json::object();
  for (const Field& field : run.outcome.fields) {
    json["result"][field.name] = json_of(field.value);
  }
  json["headline"] = run.outcome.headline;
  json["failure"] = run.failure.empty() ? Json() : Json(run.failure);
  json["cpu_s"] = run.cpu_s;
  json["context_switches"] = {{"voluntary", run.voluntary_switches},
                              {"involuntary", run.involuntary_switches}};
  json["pss_bytes"] = run.pss_bytes;
  json["verdict"] = "inconclusive";
  json["verdict_reason"] = kNoVerdictReason;
  json["workers"] = Json::array();
  for (const WorkerResult& worker : run.workers) {
    json["workers"].push_back(json_of(worker));
  }
  return text_of(json);
}

Result<RunResult> run_from_json(std::string_view text) {
  try {
    return run_from(Json::parse(text));
  } catch (const Json::exception& error) {
    return Error{Exit::kFailed, std::string("the answer is not a strata.run/1 object (") +
                                    error.what() + "); is the other side of this version?"};
  }
}

}  // namespace strata
