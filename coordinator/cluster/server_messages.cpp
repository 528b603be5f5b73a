#include "coordinator/cluster/server_messages.h"

#include <algorithm>
#include <utility>

namespace strata {
namespace {

// The wire's bounds are above what a field may hold here, so only these texts can break them.
std::string bounded(const std::string& text) {
  constexpr std::string_view kCut = " [cut]";
  return text.size() <= wire::kTextBytesMax
             ? text
             : text.substr(0, wire::kTextBytesMax - kCut.size()) + std::string(kCut);
}

wire::FieldValue to_wire(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    return bounded(*text);
  }
  if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) {
    std::vector<std::string> list;
    for (std::size_t i = 0; i < std::min(texts->size(), wire::kTextsMax); ++i) {
      list.push_back(bounded((*texts)[i]));
    }
    return list;
  }
  return value;
}

}  // namespace

wire::RunRequest to_wire(const TrialRequest& request, std::uint64_t launched_ns) {
  wire::RunRequest to;
  to.workload = request.workload->name;
  to.parameters = request.parameters.all();
  to.layout = request.layout;
  to.seed = request.seed;
  to.operations_per_us = request.operations_per_us;
  to.timeout_s = request.timeout_s;
  to.speculate = request.speculate;
  to.launched_ns = launched_ns;
  return to;
}

Result<TrialRequest> from_wire(const wire::RunRequest& request) {
  TrialRequest to;
  to.workload = find_workload(request.workload);
  if (to.workload == nullptr) {
    return Error{Exit::kUsage, "this cluster knows no workload '" + request.workload +
                                   "'; take it down and up again with the strata that has it"};
  }
  std::vector<std::string> words;
  for (const auto& [name, value] : request.parameters) {
    const auto spec =
        std::find_if(to.workload->parameters.begin(), to.workload->parameters.end(),
                     [&name = name](const ParameterSpec& known) { return known.name == name; });
    // An optional path that is not set reads as empty, which is no word one could have typed.
    const bool unset = value.empty() && spec != to.workload->parameters.end() &&
                       spec->fallback.empty() && !spec->required;
    if (!unset) {
      words.push_back(name + "=" + value);
    }
  }
  Result<Parameters> parameters =
      parse_parameters(to.workload->name, to.workload->parameters, words);
  if (!parameters) {
    return parameters.error();
  }
  if (Status possible = check_layout(request.layout); !possible) {
    return possible.error();
  }
  constexpr double kYear_s = 365.0 * 24 * 3600;
  if (request.timeout_s < 0 || request.timeout_s > kYear_s || request.operations_per_us < 0) {
    return Error{Exit::kUsage, "a time-out must be 0 to a year, a calibration 0 or more"};
  }
  to.parameters = std::move(*parameters);
  to.layout = request.layout;
  to.seed = request.seed;
  to.operations_per_us = request.operations_per_us;
  to.timeout_s = request.timeout_s;
  to.speculate = request.speculate;
  return to;
}

wire::Finished to_wire(const RunResult& result) {
  wire::Finished to;
  to.run = result.run;
  to.workload = result.workload;
  to.parameters = result.parameters;
  to.layout = result.layout;
  to.seed = result.seed;
  to.launch_s = result.launch_s;
  to.makespan_s = result.makespan_s;
  to.units_expected = result.units_expected;
  to.units_completed = result.units_completed;
  to.units_retried = result.units_retried;
  to.duplicates_discarded = result.duplicates_discarded;
  to.unit_noun = result.unit_noun;
  to.shards = result.shards;
  to.check = static_cast<std::uint32_t>(result.outcome.check);
  to.check_detail = bounded(result.outcome.detail);
  for (const Field& field : result.outcome.fields) {
    to.fields.push_back({field.name, to_wire(field.value)});
  }
  to.headline = bounded(result.outcome.headline);
  to.failure = bounded(result.failure);
  to.cpu_s = result.cpu_s;
  to.voluntary_switches = result.voluntary_switches;
  to.involuntary_switches = result.involuntary_switches;
  to.pss_bytes = result.pss_bytes;
  for (const WorkerResult& worker : result.workers) {
    to.workers.push_back({worker.worker, worker.host, worker.pid, worker.cpus, worker.os_threads,
                          worker.units, worker.restarts});
  }
  return to;
}

RunResult from_wire(wire::Finished finished) {
  RunResult to;
  to.run = std::move(finished.run);
  to.workload = std::move(finished.workload);
  to.parameters = std::move(finished.parameters);
  to.layout = std::move(finished.layout);
  to.seed = finished.seed;
  to.launch_s = finished.launch_s;
  to.makespan_s = finished.makespan_s;
  to.units_expected = finished.units_expected;
  to.units_completed = finished.units_completed;
  to.units_retried = finished.units_retried;
  to.duplicates_discarded = finished.duplicates_discarded;
  to.unit_noun = std::move(finished.unit_noun);
  to.shards = finished.shards;
  static_assert(static_cast<std::uint32_t>(Check::kSkipped) == 3);  // The codec's bound
  to.outcome.check = static_cast<Check>(finished.check);
  to.outcome.detail = std::move(finished.check_detail);
  for (wire::ResultField& field : finished.fields) {
    to.outcome.fields.push_back({std::move(field.name), std::move(field.value)});
  }
  to.outcome.headline = std::move(finished.headline);
  to.failure = std::move(finished.failure);
  to.cpu_s = finished.cpu_s;
  to.voluntary_switches = finished.voluntary_switches;
  to.involuntary_switches = finished.involuntary_switches;
  to.pss_bytes = finished.pss_bytes;
  for (wire::WorkerFigures& worker : finished.workers) {
    to.workers.push_back({worker.worker, std::move(worker.host), worker.pid, std::move(worker.cpus),
                          worker.os_threads, worker.units, worker.restarts});
  }
  return to;
}

wire::Placed to_wire(const std::vector<WorkerPlace>& places, std::uint64_t units,
                     std::uint64_t shards, const std::string& unit_noun) {
  wire::Placed to;
  for (const WorkerPlace& place : places) {
    to.places.push_back({place.worker, place.host, place.cpus});
  }
  to.units = units;
  to.shards = shards;
  to.unit_noun = unit_noun;
  return to;
}

std::vector<WorkerPlace> from_wire(const std::vector<wire::Place>& places) {
  std::vector<WorkerPlace> to;
  for (const wire::Place& place : places) {
    to.push_back({place.worker, place.host, place.cpus});
  }
  return to;
}

wire::Refused to_wire(const Error& error) {
  return {static_cast<std::int32_t>(error.exit), bounded(error.message)};
}

Error from_wire(const wire::Refused& refused) {
  for (const Exit known : {Exit::kUsage, Exit::kMachine, Exit::kInterrupted}) {
    if (static_cast<std::int32_t>(known) == refused.exit_status) {
      return {known, refused.sentence};
    }
  }
  return {Exit::kFailed, refused.sentence};
}

}  // namespace strata
