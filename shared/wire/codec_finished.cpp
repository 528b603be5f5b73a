// The one large message: the figures of a trial.
#include <type_traits>

#include "shared/wire/codec_parts.h"
#include "wire.pb.h"

namespace strata::wire {
namespace {

constexpr std::uint32_t kCheckMax = 3;

void write_field(const ResultField& from, pb::Field& to, Bounds& bounds) {
  to.set_name(bounds.text(from.name, kNameBytesMax, "a result field's name"));
  if (const auto* integer = std::get_if<std::int64_t>(&from.value)) {
    to.set_integer(*integer);
  } else if (const auto* natural = std::get_if<std::uint64_t>(&from.value)) {
    to.set_natural(*natural);
  } else if (const auto* real = std::get_if<double>(&from.value)) {
    to.set_real(*real);
  } else if (const auto* text = std::get_if<std::string>(&from.value)) {
    to.set_text(bounds.text(*text, kTextBytesMax, "a result field"));
  } else if (const auto* texts = std::get_if<std::vector<std::string>>(&from.value)) {
    pb::Texts& list = *to.mutable_texts();
    if (bounds.count(texts->size(), kTextsMax, "a result field's list")) {
      for (const std::string& entry : *texts) {
        list.add_texts(bounds.text(entry, kTextBytesMax, "a result field's entry"));
      }
    }
  }
}

ResultField read_field(const pb::Field& from, Bounds& bounds) {
  ResultField to;
  to.name = bounds.text(from.name(), kNameBytesMax, "a result field's name");
  switch (from.value_case()) {
    case pb::Field::kInteger:
      to.value = static_cast<std::int64_t>(from.integer());
      break;
    case pb::Field::kNatural:
      to.value = static_cast<std::uint64_t>(from.natural());
      break;
    case pb::Field::kReal:
      to.value = from.real();
      break;
    case pb::Field::kText:
      to.value = bounds.text(from.text(), kTextBytesMax, "a result field");
      break;
    case pb::Field::kTexts: {
      std::vector<std::string> texts;
      if (bounds.count(static_cast<std::size_t>(from.texts().texts_size()), kTextsMax,
                       "a result field's list")) {
        for (const std::string& entry : from.texts().texts()) {
          texts.push_back(bounds.text(entry, kTextBytesMax, "a result field's entry"));
        }
      }
      to.value = std::move(texts);
      break;
    }
    case pb::Field::VALUE_NOT_SET:
      bounds.require(false, "a result field", "has no value");
      break;
  }
  return to;
}

void write_worker(const WorkerFigures& from, pb::WorkerFigures& to, Bounds& bounds) {
  to.set_worker(from.worker);
  to.set_host(bounds.text(from.host, kNameBytesMax, "a host's name"));
  to.set_pid(from.pid);
  write_cpus(from.cpus, to, bounds);
  to.set_os_threads(from.os_threads);
  to.set_units(from.units);
  to.set_restarts(from.restarts);
}

WorkerFigures read_worker(const pb::WorkerFigures& from, Bounds& bounds) {
  WorkerFigures to;
  to.worker = from.worker();
  to.host = bounds.text(from.host(), kNameBytesMax, "a host's name");
  to.pid = from.pid();
  to.cpus = read_cpus(from, bounds);
  to.os_threads = from.os_threads();
  to.units = from.units();
  to.restarts = from.restarts();
  return to;
}

}  // namespace

void write(const Finished& from, pb::Finished& to, Bounds& bounds) {
  to.set_run(bounds.text(from.run, kNameBytesMax, "the run's id"));
  to.set_workload(bounds.text(from.workload, kNameBytesMax, "the workload's name"));
  if (bounds.count(from.parameters.size(), kParametersMax, "the list of parameters")) {
    for (const auto& parameter : from.parameters) {
      write(parameter, *to.add_parameters(), bounds);
    }
  }
  write(from.layout, *to.mutable_layout(), bounds);
  to.set_seed(from.seed);
  to.set_launch_s(bounds.finite(from.launch_s, "the time of the launch"));
  to.set_makespan_s(bounds.finite(from.makespan_s, "the makespan"));
  to.set_units_expected(from.units_expected);
  to.set_units_completed(from.units_completed);
  to.set_units_retried(from.units_retried);
  to.set_duplicates_discarded(from.duplicates_discarded);
  to.set_unit_noun(bounds.text(from.unit_noun, kNameBytesMax, "the units' noun"));
  to.set_shards(from.shards);
  bounds.at_most(from.check, kCheckMax, "the check's outcome");
  to.set_check(from.check);
  to.set_check_detail(bounds.text(from.check_detail, kTextBytesMax, "the check's detail"));
  if (bounds.count(from.fields.size(), kFieldsMax, "the list of result fields")) {
    for (const ResultField& field : from.fields) {
      write_field(field, *to.add_fields(), bounds);
    }
  }
  to.set_headline(bounds.text(from.headline, kTextBytesMax, "the headline"));
  to.set_failure(bounds.text(from.failure, kTextBytesMax, "the failure"));
  to.set_cpu_s(bounds.finite(from.cpu_s, "the CPU time"));
  to.set_voluntary_switches(from.voluntary_switches);
  to.set_involuntary_switches(from.involuntary_switches);
  to.set_pss_bytes(from.pss_bytes);
  if (bounds.count(from.workers.size(), kWorkersMax, "the list of workers")) {
    for (const WorkerFigures& worker : from.workers) {
      write_worker(worker, *to.add_workers(), bounds);
    }
  }
}

Finished read(const pb::Finished& from, Bounds& bounds) {
  Finished to;
  to.run = bounds.text(from.run(), kNameBytesMax, "the run's id");
  to.workload = bounds.text(from.workload(), kNameBytesMax, "the workload's name");
  if (bounds.count(static_cast<std::size_t>(from.parameters_size()), kParametersMax,
                   "the list of parameters")) {
    for (const pb::Parameter& parameter : from.parameters()) {
      read(parameter, to.parameters, bounds);
    }
  }
  to.layout = read(from.layout(), bounds);
  to.seed = from.seed();
  to.launch_s = bounds.finite(from.launch_s(), "the time of the launch");
  to.makespan_s = bounds.finite(from.makespan_s(), "the makespan");
  to.units_expected = from.units_expected();
  to.units_completed = from.units_completed();
  to.units_retried = from.units_retried();
  to.duplicates_discarded = from.duplicates_discarded();
  to.unit_noun = bounds.text(from.unit_noun(), kNameBytesMax, "the units' noun");
  to.shards = from.shards();
  bounds.at_most(from.check(), kCheckMax, "the check's outcome");
  to.check = from.check();
  to.check_detail = bounds.text(from.check_detail(), kTextBytesMax, "the check's detail");
  if (bounds.count(static_cast<std::size_t>(from.fields_size()), kFieldsMax,
                   "the list of result fields")) {
    for (const pb::Field& field : from.fields()) {
      to.fields.push_back(read_field(field, bounds));
    }
  }
  to.headline = bounds.text(from.headline(), kTextBytesMax, "the headline");
  to.failure = bounds.text(from.failure(), kTextBytesMax, "the failure");
  to.cpu_s = bounds.finite(from.cpu_s(), "the CPU time");
  to.voluntary_switches = from.voluntary_switches();
  to.involuntary_switches = from.involuntary_switches();
  to.pss_bytes = from.pss_bytes();
  if (bounds.count(static_cast<std::size_t>(from.workers_size()), kWorkersMax,
                   "the list of workers")) {
    for (const pb::WorkerFigures& worker : from.workers()) {
      to.workers.push_back(read_worker(worker, bounds));
    }
  }
  return to;
}

}  // namespace strata::wire
