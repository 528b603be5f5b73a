#include "shared/transport/net_loader.h"

#include <dlfcn.h>

#include <array>
#include <filesystem>
#include <string>
#include <system_error>

namespace strata {

Result<Net*> load_net() {
  static Net* loaded = nullptr;
  if (loaded != nullptr) {
    return loaded;
  }
  std::error_code failed;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", failed);
  const std::filesystem::path folder = program.parent_path();
  const std::array<std::filesystem::path, 2> places{folder.parent_path() / "lib" / "strata-net.so",
                                                    folder / "strata-net.so"};
  for (const std::filesystem::path& place : places) {
    if (!std::filesystem::exists(place, failed)) {
      continue;
    }
    // RTLD_NOW: a library that is missing is told here and not in the middle of a call.
    void* module = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (module == nullptr) {
      const char* why = dlerror();  // NOLINT(concurrency-mt-unsafe): before other threads exist
      return Error{Exit::kMachine, std::string("cannot load ") + (why != nullptr ? why : "?") +
                                       "; apt install libzmq5 libprotobuf32"};
    }
    auto* make = reinterpret_cast<Net* (*)()>(dlsym(module, "strata_net_1"));
    if (make == nullptr) {
      return Error{Exit::kMachine, place.string() + " is of another version; install strata and " +
                                       "its module together"};
    }
    loaded = make();
    return loaded;
  }
  return Error{Exit::kMachine, "cannot find " + places[0].string() + " nor " + places[1].string() +
                                   "; keep strata-net.so beside strata"};
}

}  // namespace strata
