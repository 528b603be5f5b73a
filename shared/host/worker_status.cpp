#include "shared/host/worker_status.h"

#include <cstdlib>
#include <fstream>
#include <string>

namespace strata {

std::uint64_t pss_of(pid_t pid) {
  std::ifstream rollup("/proc/" + std::to_string(pid) + "/smaps_rollup");
  std::string line;
  while (std::getline(rollup, line)) {
    if (line.starts_with("Pss:")) {
      return std::strtoull(line.c_str() + 4, nullptr, 10) * 1024;
    }
  }
  return 0;
}

}  // namespace strata
