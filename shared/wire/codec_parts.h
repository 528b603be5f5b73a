// The parts that several messages have in common, between their struct and their generated class.
// The generated classes are only named here; codec_parts.cpp knows them.
#pragma once
#include "shared/wire/bounds.h"
#include "shared/wire/messages.h"

namespace strata::pb {
class Finished;
class Layout;
class Parameter;
class ClusterStatus;
}  // namespace strata::pb

namespace strata::wire {

void write(const Layout& from, pb::Layout& to, Bounds& bounds);
Layout read(const pb::Layout& from, Bounds& bounds);

// One parameter at a time, so that the lists of any message can be filled.
void write(const ParameterMap::value_type& from, pb::Parameter& to, Bounds& bounds);
void read(const pb::Parameter& from, ParameterMap& to, Bounds& bounds);

void write(const Finished& from, pb::Finished& to, Bounds& bounds);
Finished read(const pb::Finished& from, Bounds& bounds);

void write(const ClusterStatus& from, pb::ClusterStatus& to, Bounds& bounds);
ClusterStatus read(const pb::ClusterStatus& from, Bounds& bounds);

// CPUs of a worker, in any of the three messages that have them.
template <typename Generated>
void write_cpus(const std::vector<int>& from, Generated& to, Bounds& bounds) {
  if (bounds.count(from.size(), kCpusMax, "the list of a worker's CPUs")) {
    to.mutable_cpus()->Assign(from.begin(), from.end());
  }
}

template <typename Generated>
std::vector<int> read_cpus(const Generated& from, Bounds& bounds) {
  const auto size = static_cast<std::size_t>(from.cpus_size());
  if (!bounds.count(size, kCpusMax, "the list of a worker's CPUs")) {
    return {};
  }
  return {from.cpus().begin(), from.cpus().end()};
}

}  // namespace strata::wire
