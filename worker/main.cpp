// strata-worker: one worker of a cluster, or the zygote that makes workers. strata starts it; what
// it needs to know lies in the segment that it is born with.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "shared/os/process.h"
#include "worker/worker_process.h"
#include "worker/zygote.h"

int main(int argc, char** argv) {
  const std::string_view role = argc > 1 ? argv[1] : "";
  const auto number = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 0;
  if (argc == 3 && role == "worker") {
    auto pages = strata::map_pages();
    if (!pages) {
      std::fprintf(stderr, "strata-worker: %s\n", pages.error().message.c_str());
      return static_cast<int>(pages.error().exit);
    }
    return strata::run_worker(static_cast<std::uint32_t>(number), std::move(*pages));
  }
  if (argc == 3 && role == "zygote") {
    strata::die_with_parent(static_cast<pid_t>(number));
    return strata::run_zygote();
  }
  std::fprintf(stderr, "strata-worker is started by strata, not by hand; see strata --help\n");
  return static_cast<int>(strata::Exit::kUsage);
}
