#include "shared/wire/codec.h"

#include <exception>
#include <limits>

#include "shared/wire/codec_parts.h"
#include "wire.pb.h"

namespace strata::wire {
namespace {

// One overload a message, in the order of messages.h. The text that follows a fault of any of them
// is added once, below.

void write(const Hello& from, pb::ToCluster& to, Bounds& bounds) {
  to.mutable_hello()->set_protocol(from.protocol);
  to.mutable_hello()->set_program(bounds.text(from.program, kNameBytesMax, "the version"));
}

void write(const RunRequest& from, pb::ToCluster& to, Bounds& bounds) {
  pb::RunRequest& run = *to.mutable_run();
  run.set_workload(bounds.text(from.workload, kNameBytesMax, "the workload's name"));
  if (bounds.count(from.parameters.size(), kParametersMax, "the list of parameters")) {
    for (const auto& parameter : from.parameters) {
      wire::write(parameter, *run.add_parameters(), bounds);
    }
  }
  wire::write(from.layout, *run.mutable_layout(), bounds);
  run.set_seed(from.seed);
  run.set_operations_per_us(bounds.finite(from.operations_per_us, "the calibration"));
  run.set_timeout_s(bounds.finite(from.timeout_s, "the time-out"));
  run.set_speculate(from.speculate);
  run.set_launched_ns(from.launched_ns);
  run.set_sweep(from.sweep);
}

void write(const Cancel&, pb::ToCluster& to, Bounds&) { to.mutable_cancel(); }
void write(const StatusRequest&, pb::ToCluster& to, Bounds&) { to.mutable_status(); }
void write(const DownRequest&, pb::ToCluster& to, Bounds&) { to.mutable_down(); }

RunRequest read_run(const pb::RunRequest& from, Bounds& bounds) {
  RunRequest to;
  to.workload = bounds.text(from.workload(), kNameBytesMax, "the workload's name");
  if (bounds.count(static_cast<std::size_t>(from.parameters_size()), kParametersMax,
                   "the list of parameters")) {
    for (const pb::Parameter& parameter : from.parameters()) {
      wire::read(parameter, to.parameters, bounds);
    }
  }
  to.layout = wire::read(from.layout(), bounds);
  to.seed = from.seed();
  to.operations_per_us = bounds.finite(from.operations_per_us(), "the calibration");
  to.timeout_s = bounds.finite(from.timeout_s(), "the time-out");
  to.speculate = from.speculate();
  to.launched_ns = from.launched_ns();
  to.sweep = from.sweep();
  return to;
}

ToCluster read(const pb::ToCluster& from, Bounds& bounds) {
  switch (from.body_case()) {
    case pb::ToCluster::kHello:
      return Hello{from.hello().protocol(),
                   bounds.text(from.hello().program(), kNameBytesMax, "the version")};
    case pb::ToCluster::kRun:
      return read_run(from.run(), bounds);
    case pb::ToCluster::kCancel:
      return Cancel{};
    case pb::ToCluster::kStatus:
      return StatusRequest{};
    case pb::ToCluster::kDown:
      return DownRequest{};
    case pb::ToCluster::BODY_NOT_SET:
      break;
  }
  bounds.require(false, "its kind", "is unknown");
  return Hello{};
}

void write(const HelloReply& from, pb::ToClient& to, Bounds& bounds) {
  pb::HelloReply& hello = *to.mutable_hello();
  hello.set_protocol(from.protocol);
  hello.set_program(bounds.text(from.program, kNameBytesMax, "the version"));
  hello.set_cluster(bounds.text(from.cluster, kNameBytesMax, "the cluster's name"));
  hello.set_pid(from.pid);
}

void write(const Refused& from, pb::ToClient& to, Bounds& bounds) {
  to.mutable_refused()->set_exit_status(from.exit_status);
  to.mutable_refused()->set_sentence(bounds.text(from.sentence, kTextBytesMax, "the sentence"));
}

void write(const Queued& from, pb::ToClient& to, Bounds&) {
  to.mutable_queued()->set_ahead(from.ahead);
}

void write(const Placed& from, pb::ToClient& to, Bounds& bounds) {
  pb::Placed& placed = *to.mutable_placed();
  if (bounds.count(from.places.size(), kWorkersMax, "the list of places")) {
    for (const Place& place : from.places) {
      pb::Place& added = *placed.add_places();
      added.set_worker(place.worker);
      added.set_host(bounds.text(place.host, kNameBytesMax, "a host's name"));
      write_cpus(place.cpus, added, bounds);
    }
  }
  placed.set_units(from.units);
  placed.set_shards(from.shards);
  placed.set_unit_noun(bounds.text(from.unit_noun, kNameBytesMax, "the units' noun"));
}

void write(const Ready& from, pb::ToClient& to, Bounds& bounds) {
  to.mutable_ready()->set_launch_s(bounds.finite(from.launch_s, "the time of the launch"));
}

void write(const Progress& from, pb::ToClient& to, Bounds& bounds) {
  to.mutable_progress()->set_done(from.done);
  to.mutable_progress()->set_units(from.units);
  to.mutable_progress()->set_elapsed_s(bounds.finite(from.elapsed_s, "the elapsed time"));
}

void write(const Output& from, pb::ToClient& to, Bounds& bounds) {
  to.mutable_output()->set_text(bounds.text(from.text, kTextBytesMax, "the output"));
}

void write(const Finished& from, pb::ToClient& to, Bounds& bounds) {
  wire::write(from, *to.mutable_finished(), bounds);
}

void write(const ClusterStatus& from, pb::ToClient& to, Bounds& bounds) {
  wire::write(from, *to.mutable_status(), bounds);
}

void write(const GoingDown&, pb::ToClient& to, Bounds&) { to.mutable_going_down(); }

Placed read_placed(const pb::Placed& from, Bounds& bounds) {
  Placed to;
  if (bounds.count(static_cast<std::size_t>(from.places_size()), kWorkersMax,
                   "the list of places")) {
    for (const pb::Place& place : from.places()) {
      Place& added = to.places.emplace_back();
      added.worker = place.worker();
      added.host = bounds.text(place.host(), kNameBytesMax, "a host's name");
      added.cpus = read_cpus(place, bounds);
    }
  }
  to.units = from.units();
  to.shards = from.shards();
  to.unit_noun = bounds.text(from.unit_noun(), kNameBytesMax, "the units' noun");
  return to;
}

ToClient read(const pb::ToClient& from, Bounds& bounds) {
  switch (from.body_case()) {
    case pb::ToClient::kHello:
      return HelloReply{from.hello().protocol(),
                        bounds.text(from.hello().program(), kNameBytesMax, "the version"),
                        bounds.text(from.hello().cluster(), kNameBytesMax, "the cluster's name"),
                        from.hello().pid()};
    case pb::ToClient::kRefused:
      return Refused{from.refused().exit_status(),
                     bounds.text(from.refused().sentence(), kTextBytesMax, "the sentence")};
    case pb::ToClient::kQueued:
      return Queued{from.queued().ahead()};
    case pb::ToClient::kPlaced:
      return read_placed(from.placed(), bounds);
    case pb::ToClient::kReady:
      return Ready{bounds.finite(from.ready().launch_s(), "the time of the launch")};
    case pb::ToClient::kProgress:
      return Progress{from.progress().done(), from.progress().units(),
                      bounds.finite(from.progress().elapsed_s(), "the elapsed time")};
    case pb::ToClient::kOutput:
      return Output{bounds.text(from.output().text(), kTextBytesMax, "the output")};
    case pb::ToClient::kFinished:
      return wire::read(from.finished(), bounds);
    case pb::ToClient::kStatus:
      return wire::read(from.status(), bounds);
    case pb::ToClient::kGoingDown:
      return GoingDown{};
    case pb::ToClient::BODY_NOT_SET:
      break;
  }
  bounds.require(false, "its kind", "is unknown");
  return GoingDown{};
}

Error malformed(const std::string& why) {
  return Error{Exit::kFailed, "a message cannot be read: " + why +
                                  "; is the other side another version of strata?"};
}

template <typename Generated, typename Message>
Result<std::string> encode_as(const Message& message, std::size_t bytes_max) {
  try {
    Bounds bounds;
    Generated generated;
    std::visit([&](const auto& body) { write(body, generated, bounds); }, message);
    std::string bytes;
    bounds.count(generated.ByteSizeLong(), bytes_max, "the whole message");
    if (bounds.fault().empty() && generated.SerializeToString(&bytes)) {
      return bytes;
    }
    return Error{Exit::kFailed, "a message cannot be sent: " + bounds.fault()};
  } catch (const std::exception& error) {  // No memory
    return Error{Exit::kMachine, std::string("a message cannot be sent: ") + error.what()};
  }
}

template <typename Generated, typename Message>
Result<Message> decode_as(std::string_view bytes, std::size_t bytes_max) {
  static_assert(kReplyBytesMax <= std::numeric_limits<int>::max());
  if (bytes.size() > bytes_max) {
    return malformed("it is longer than " + std::to_string(bytes_max) + " bytes");
  }
  try {
    Generated generated;
    if (!generated.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return malformed("its bytes are no Protocol Buffers message");
    }
    Bounds bounds;
    Message message = read(generated, bounds);
    if (!bounds.fault().empty()) {
      return malformed(bounds.fault());
    }
    return message;
  } catch (const std::exception& error) {  // No memory
    return malformed(error.what());
  }
}

}  // namespace

Result<std::string> encode(const ToCluster& message) {
  return encode_as<pb::ToCluster>(message, kRequestBytesMax);
}

Result<std::string> encode(const ToClient& message) {
  return encode_as<pb::ToClient>(message, kReplyBytesMax);
}

Result<ToCluster> decode_to_cluster(std::string_view bytes) {
  return decode_as<pb::ToCluster, ToCluster>(bytes, kRequestBytesMax);
}

Result<ToClient> decode_to_client(std::string_view bytes) {
  return decode_as<pb::ToClient, ToClient>(bytes, kReplyBytesMax);
}

}  // namespace strata::wire
