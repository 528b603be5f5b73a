// strata-worker: one worker of a cluster, or the zygote that makes workers, or either for `strata
// units`. strata starts it; what it needs to know lies in the segment that it is born with.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "shared/os/process.h"
#include "worker/measure/measure.h"
#include "worker/worker_process.h"
#include "worker/zygote.h"

namespace {

int refuse(const strata::Error& error) {
  std::fprintf(stderr, "strata-worker: %s\n", error.message.c_str());
  return static_cast<int>(error.exit);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view role = argc > 1 ? argv[1] : "";
  const auto number = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 0;
  if (argc == 3 && role == "worker") {
    auto pages = strata::map_pages();
    return pages ? strata::run_worker(static_cast<std::uint32_t>(number), std::move(*pages))
                 : refuse(pages.error());
  }
  if (argc == 3 && role == "zygote") {
    strata::die_with_parent(static_cast<pid_t>(number));
    return strata::run_zygote({strata::map_pages, strata::run_worker});
  }
  if (argc == 3 && role == "measured") {
    auto board = strata::map_board();
    return board ? strata::run_measured(static_cast<std::uint32_t>(number), std::move(*board))
                 : refuse(board.error());
  }
  if (argc == 3 && role == "measured-zygote") {
    strata::die_with_parent(static_cast<pid_t>(number));
    return strata::run_zygote({strata::map_board, strata::run_measured});
  }
  std::fprintf(stderr, "strata-worker is started by strata, not by hand; see strata --help\n");
  return static_cast<int>(strata::Exit::kUsage);
}
