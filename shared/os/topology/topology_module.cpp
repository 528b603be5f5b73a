// The one file that knows hwloc, a module of its own (see topology_module.h).
#include "shared/os/topology/topology_module.h"

#include <hwloc.h>

#include <cerrno>
#include <initializer_list>

namespace {

std::uint32_t count_of(hwloc_topology_t topology, hwloc_obj_type_t type) {
  const int count = hwloc_get_nbobjs_by_type(topology, type);
  return count > 0 ? static_cast<std::uint32_t>(count) : 0;
}

std::uint32_t weight_of(hwloc_const_cpuset_t set) {
  const int weight = set == nullptr ? 0 : hwloc_bitmap_weight(set);
  return weight > 0 ? static_cast<std::uint32_t>(weight) : 0;
}

// Equal caches are told once, with their number.
void add_cache(StrataTopology& out, const hwloc_obj& object) {
  const StrataCache cache{
      object.attr->cache.depth,
      object.attr->cache.type == HWLOC_OBJ_CACHE_INSTRUCTION ? std::uint32_t{1} : std::uint32_t{0},
      object.attr->cache.size, 1, weight_of(object.cpuset)};
  for (std::uint32_t i = 0; i < out.caches; ++i) {
    StrataCache& known = out.cache[i];
    if (known.level == cache.level && known.instruction_only == cache.instruction_only &&
        known.bytes == cache.bytes && known.cpus_each == cache.cpus_each) {
      ++known.count;
      return;
    }
  }
  if (out.caches < kStrataMostCaches) {
    out.cache[out.caches++] = cache;
  }
}

void describe(hwloc_topology_t topology, StrataTopology& out) {
  out.packages = count_of(topology, HWLOC_OBJ_PACKAGE);
  out.cores = count_of(topology, HWLOC_OBJ_CORE);
  out.cpus = count_of(topology, HWLOC_OBJ_PU);
  for (const hwloc_obj_type_t type : {HWLOC_OBJ_L1CACHE, HWLOC_OBJ_L1ICACHE, HWLOC_OBJ_L2CACHE,
                                      HWLOC_OBJ_L3CACHE, HWLOC_OBJ_L4CACHE}) {
    for (hwloc_obj_t object = nullptr;
         (object = hwloc_get_next_obj_by_type(topology, type, object)) != nullptr;) {
      add_cache(out, *object);
    }
  }
  out.nodes = count_of(topology, HWLOC_OBJ_NUMANODE);
  std::uint32_t told = 0;
  for (hwloc_obj_t object = nullptr;
       told < kStrataMostNodes &&
       (object = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_NUMANODE, object)) != nullptr;) {
    out.node[told++] = {object->os_index, weight_of(object->cpuset),
                        object->attr->numanode.local_memory};
  }
}

}  // namespace

extern "C" int strata_read_topology(std::uint32_t version, StrataTopology* topology) {
  if (version != kStrataTopologyVersion || topology == nullptr) {
    return EINVAL;
  }
  *topology = StrataTopology{};
  hwloc_topology_t hwloc = nullptr;
  if (hwloc_topology_init(&hwloc) != 0) {
    return ENOMEM;
  }
  // Instruction caches are left out by default. CPUs that this process may not use are shown too:
  // it is the machine that is described; what may be used is told by usable_cpus().
  hwloc_topology_set_icache_types_filter(hwloc, HWLOC_TYPE_FILTER_KEEP_ALL);
  hwloc_topology_set_flags(hwloc, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
  const int loaded = hwloc_topology_load(hwloc);
  const int error = loaded == 0 ? 0 : (errno != 0 ? errno : EIO);
  if (loaded == 0) {
    describe(hwloc, *topology);
  }
  hwloc_topology_destroy(hwloc);
  return error;
}
