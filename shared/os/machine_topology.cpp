#include "shared/os/machine_topology.h"

#include <dlfcn.h>

#include <algorithm>
#include <memory>

#include "shared/os/process.h"
#include "shared/os/topology/topology_module.h"

namespace strata {
namespace {

struct CloseModule {
  void operator()(void* module) const { ::dlclose(module); }
};

}  // namespace

Result<TopologyFacts> read_topology() {
  const Result<std::string> folder = executable_folder();
  if (!folder) {
    return folder.error();
  }
  const std::string path = *folder + "/../lib/strata-topology.so";
  const std::unique_ptr<void, CloseModule> module(::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL));
  if (!module) {
    // Nothing here loads modules at the same time.
    const char* const cause = ::dlerror();  // NOLINT(concurrency-mt-unsafe)
    return Error{Exit::kMachine, "the topology module cannot be opened (" +
                                     std::string(cause == nullptr ? path.c_str() : cause) +
                                     "); build strata whole, with libhwloc15 installed"};
  }
  const auto read =
      reinterpret_cast<StrataReadTopology>(::dlsym(module.get(), "strata_read_topology"));
  StrataTopology told{};
  const int error = read == nullptr ? EINVAL : read(kStrataTopologyVersion, &told);
  if (error != 0) {
    Error failure = system_error(Exit::kMachine, "reading the topology with hwloc", error);
    failure.message += "; build strata and its topology module from the same sources";
    return failure;
  }
  TopologyFacts facts{told.packages, told.cores, told.cpus, {}, {}};
  for (std::uint32_t i = 0; i < std::min(told.caches, kStrataMostCaches); ++i) {
    const StrataCache& cache = told.cache[i];
    facts.caches.push_back(
        {cache.level, cache.instruction_only != 0, cache.bytes, cache.count, cache.cpus_each});
  }
  for (std::uint32_t i = 0; i < std::min(told.nodes, kStrataMostNodes); ++i) {
    facts.nodes.push_back({told.node[i].number, told.node[i].cpus, told.node[i].memory_bytes});
  }
  return facts;
}

}  // namespace strata
