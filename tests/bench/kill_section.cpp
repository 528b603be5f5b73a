// From kill -9 of the coordinator to the death of the last of its processes, all of them busy.
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>

#include "tests/bench/programs.h"
#include "tests/bench/sections.h"
#include "tests/cluster/process_harness.h"

namespace strata::bench {
namespace {

using testing::Process;

std::optional<double> kill_to_gone(const Settings& settings, const std::string& count,
                                   const std::string& start) {
  Process run({.words = {settings.bin + "/strata", "run", "compute", "units=1000000", "grain=10000",
                         "-P", count, "-T", "1", "--start", start}});
  const auto workers = run.wait_for_workers(std::stoul(count));
  // Busy means that each has used the CPU.
  const bool busy = !workers.empty() && run.until([&] {
    for (const pid_t worker : workers) {
      if (testing::cpu_ticks_of(worker) == 0) {
        return false;
      }
    }
    return true;
  });
  if (!busy) {
    return {};
  }
  std::vector<Fd> ends;
  for (const pid_t pid : testing::helpers_of(run.pid())) {
    ends.emplace_back(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  }
  const auto start_time = std::chrono::steady_clock::now();
  run.signal(SIGKILL);
  for (const Fd& end : ends) {
    pollfd waiting{end.get(), POLLIN, 0};
    poll(&waiting, 1, 10'000);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start_time;
  run.wait();
  return took.count();
}

}  // namespace

std::vector<Row> measure_kill(const Settings& settings) {
  const std::string many = settings.quick ? "4" : "64";
  std::vector<Probe> probes;
  std::vector<Row> rows;
  for (const std::string& count : {std::string("8"), many}) {
    for (const char* start : {"spawn", "zygote"}) {
      probes.push_back({"kill -9, " + count + " busy, " + start, [&settings, count, start] {
                          return kill_to_gone(settings, count, start);
                        }});
      rows.push_back(
          {"kill -9 of strata to " + count + " busy workers gone, `--start " + start + "`", "", "-",
           "-", count == "8" ? "<= 100 ms" : "reported"});
    }
  }
  const std::vector<Samples> taken = interleave(probes, settings.rounds);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].here = taken[i].empty() ? "not measured" : seconds_text(median(taken[i]));
  }
  return rows;
}

}  // namespace strata::bench
