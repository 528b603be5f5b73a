#include "shared/wire/codec_parts.h"

#include "wire.pb.h"

namespace strata::wire {

void write(const Layout& from, pb::Layout& to, Bounds& bounds) {
  to.set_hosts(from.hosts);
  to.set_processes(from.processes);
  to.set_threads(from.threads);
  to.set_in_flight(from.in_flight);
  to.set_executor(bounds.text(from.executor, kNameBytesMax, "the executor's name"));
  to.set_start(static_cast<std::uint32_t>(from.start));
  to.set_wait(static_cast<std::uint32_t>(from.wait));
  to.set_pin(static_cast<std::uint32_t>(from.pin));
  to.set_gil_interval_us(from.gil_interval_us);
  to.set_gil_release_compute(from.gil_release_compute);
}

Layout read(const pb::Layout& from, Bounds& bounds) {
  Layout to;
  to.hosts = from.hosts();
  to.processes = from.processes();
  to.threads = from.threads();
  to.in_flight = from.in_flight();
  to.executor = bounds.text(from.executor(), kNameBytesMax, "the executor's name");
  if (bounds.at_most(from.start(), static_cast<std::uint32_t>(Start::kZygote),
                     "the start method")) {
    to.start = static_cast<Start>(from.start());
  }
  if (bounds.at_most(from.wait(), static_cast<std::uint32_t>(Wait::kAuto), "the waiting policy")) {
    to.wait = static_cast<Wait>(from.wait());
  }
  if (bounds.at_most(from.pin(), static_cast<std::uint32_t>(Pin::kSpread), "the pinning")) {
    to.pin = static_cast<Pin>(from.pin());
  }
  // Checked with the layout; absent is a client that does not know of it.
  if (from.gil_interval_us() != 0) {
    to.gil_interval_us = from.gil_interval_us();
  }
  to.gil_release_compute = from.gil_release_compute();
  return to;
}

void write(const ParameterMap::value_type& from, pb::Parameter& to, Bounds& bounds) {
  to.set_name(bounds.text(from.first, kNameBytesMax, "a parameter's name"));
  to.set_value(bounds.text(from.second, kTextBytesMax, "a parameter's value"));
}

void read(const pb::Parameter& from, ParameterMap& to, Bounds& bounds) {
  const std::string& name = bounds.text(from.name(), kNameBytesMax, "a parameter's name");
  const std::string& value = bounds.text(from.value(), kTextBytesMax, "a parameter's value");
  bounds.require(to.emplace(name, value).second, "a parameter", "is given twice");
}

void write(const ClusterStatus& from, pb::ClusterStatus& to, Bounds& bounds) {
  to.set_name(bounds.text(from.name, kNameBytesMax, "the cluster's name"));
  to.set_pid(from.pid);
  to.set_up_s(bounds.finite(from.up_s, "the time the cluster is up"));
  write(from.layout, *to.mutable_layout(), bounds);
  to.set_running(bounds.text(from.running, kNameBytesMax, "the running workload"));
  to.set_waiting(from.waiting);
  to.set_trials_done(from.trials_done);
  if (!bounds.count(from.workers.size(), kWorkersMax, "the list of workers")) {
    return;
  }
  for (const WorkerStatus& worker : from.workers) {
    pb::WorkerStatus& added = *to.add_workers();
    added.set_worker(worker.worker);
    added.set_host(bounds.text(worker.host, kNameBytesMax, "a host's name"));
    added.set_pid(worker.pid);
    write_cpus(worker.cpus, added, bounds);
    added.set_state(bounds.text(worker.state, kNameBytesMax, "a worker's state"));
    added.set_units_done(worker.units_done);
    added.set_pss_bytes(worker.pss_bytes);
  }
}

ClusterStatus read(const pb::ClusterStatus& from, Bounds& bounds) {
  ClusterStatus to;
  to.name = bounds.text(from.name(), kNameBytesMax, "the cluster's name");
  to.pid = from.pid();
  to.up_s = bounds.finite(from.up_s(), "the time the cluster is up");
  to.layout = read(from.layout(), bounds);
  to.running = bounds.text(from.running(), kNameBytesMax, "the running workload");
  to.waiting = from.waiting();
  to.trials_done = from.trials_done();
  if (!bounds.count(static_cast<std::size_t>(from.workers_size()), kWorkersMax,
                    "the list of workers")) {
    return to;
  }
  for (const pb::WorkerStatus& worker : from.workers()) {
    WorkerStatus& added = to.workers.emplace_back();
    added.worker = worker.worker();
    added.host = bounds.text(worker.host(), kNameBytesMax, "a host's name");
    added.pid = worker.pid();
    added.cpus = read_cpus(worker, bounds);
    added.state = bounds.text(worker.state(), kNameBytesMax, "a worker's state");
    added.units_done = worker.units_done();
    added.pss_bytes = worker.pss_bytes();
  }
  return to;
}

}  // namespace strata::wire
