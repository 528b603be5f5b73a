#include "coordinator/measure/examination.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>

#include "shared/os/clock.h"

namespace strata {
namespace {

// Long enough for the clock ticks of /proc/stat (10 ms each) to show a few percent of steal.
constexpr std::chrono::milliseconds kWatch{250};

std::string tenths(double value) {
  const auto count = std::llround(value * 10);
  return std::to_string(count / 10) + "." + std::to_string(count % 10);
}

std::string percent(double share) { return tenths(share * 100) + " %"; }

Finding parallelism(const UsableCpus& usable) {
  if (usable.count >= 2) {
    return {"parallelism",
            Answer::kYes,
            "up to " + std::to_string(usable.count) +
                " units run at the same instant; more processors than that take turns",
            {}};
  }
  const bool quota = usable.quota_cpus > 0 && usable.affinity.size() > 1;
  return {"parallelism", Answer::kNo,
          quota ? "the quota of " + usable.quota_from + " leaves less than two CPUs"
                : "there is one usable CPU, so units can only take turns",
          quota ? "raise the quota (docker run --cpus 2, CPUQuota= of systemd), or run elsewhere"
                : "use a machine with two or more CPUs, or widen the affinity (taskset)"};
}

Finding quota(const MachineFacts& machine) {
  const UsableCpus& usable = machine.usable;
  if (usable.quota_cpus > 0 && usable.quota_cpus < static_cast<double>(usable.affinity.size())) {
    return {"steady_speed", Answer::kPartly,
            usable.quota_from + " gives the time of " + tenths(usable.quota_cpus) +
                " CPUs and stops everything when that is used up",
            "use no more than " + std::to_string(usable.count) +
                " processors, or lift the quota: a figure from a throttled run is not a speed"};
  }
  if (!machine.governor.empty() && machine.governor != "performance") {
    return {"steady_speed", Answer::kPartly,
            "the governor '" + machine.governor + "' changes the clock rate with the load",
            "set it to performance (cpupower frequency-set -g performance) for absolute figures; "
            "ratios of one sweep hold"};
  }
  if (machine.governor.empty()) {
    return {"steady_speed", Answer::kPartly,
            "the clock rate is not visible here (no cpufreq), so its changes cannot be told apart",
            "compare figures of one sweep with each other, not those of two days"};
  }
  return {"steady_speed", Answer::kYes, "the clock rate is held by the governor 'performance'", {}};
}

Finding quiet(const Examination& examined) {
  const MachineFacts& machine = examined.machine;
  if (examined.steal_now > 0.01) {
    return {"quiet", Answer::kNo,
            percent(examined.steal_now) + " of the CPU time is being taken by other guests",
            "wait, or use more rounds: sweep interleaves its layouts so that all suffer alike"};
  }
  const double load = machine.load.empty() ? 0 : machine.load.front();
  if (load > 0.5 * machine.usable.count) {
    return {"quiet", Answer::kPartly,
            "other programs are running (load " + tenths(load) + " in the last minute)",
            "stop them, or wait until the load is below " +
                std::to_string(std::max(1U, machine.usable.count / 2))};
  }
  if (machine.pressure.cpu.value_or(0) > 5) {
    return {"quiet", Answer::kPartly, "tasks have been waiting for a CPU in the last ten seconds",
            "wait until other programs are done"};
  }
  if (!machine.hypervisor.name.empty()) {
    return {"quiet", Answer::kPartly,
            "this is a guest of " + machine.hypervisor.name +
                ": its neighbours slow it down without always showing as steal",
            "trust medians of many rounds (sweep), not single runs"};
  }
  return {"quiet", Answer::kYes, "nothing else asks for the CPUs now", {}};
}

Finding timeline(const Examination& examined) {
  if (examined.switch_records.works) {
    return {"on_cpu_evidence",
            Answer::kYes,
            "the kernel tells when each thread went on and off a core (perf switch records)",
            {}};
  }
  const std::int64_t level = examined.machine.perf_event_paranoid.value_or(-1);
  return {"on_cpu_evidence", Answer::kNo,
          "the kernel refuses its switch records (" + examined.switch_records.refusal +
              "; kernel.perf_event_paranoid is " + std::to_string(level) + ")",
          level > 2 ? "sudo sysctl kernel.perf_event_paranoid=2"
                    : "allow perf_event_open in the sandbox or container (seccomp)"};
}

Finding counters(const Examination& examined) {
  if (examined.hardware_counters.works) {
    return {"hardware_counters", Answer::kYes, "cycles and cache misses can be counted", {}};
  }
  return {"hardware_counters", Answer::kNo,
          "cycles and cache misses cannot be counted (" + examined.hardware_counters.refusal + ")",
          examined.machine.hypervisor.name.empty()
              ? "sudo sysctl kernel.perf_event_paranoid=2"
              : "use a machine of bare metal, or a guest with a virtual PMU; times are measured "
                "without them"};
}

Finding smt(const Examination& examined) {
  if (!examined.topology) {
    return {"whole_cores", Answer::kPartly,
            "which CPUs share a core is unknown: " + examined.topology_refusal,
            "install libhwloc15 and build strata whole"};
  }
  const TopologyFacts& topology = *examined.topology;
  if (topology.cores > 0 && topology.cpus > topology.cores) {
    return {"whole_cores", Answer::kPartly,
            std::to_string(topology.cpus) + " CPUs are hardware threads of " +
                std::to_string(topology.cores) +
                " cores: two on one core gain far less than two cores",
            "use --pin spread and at most " + std::to_string(topology.cores) + " processors"};
  }
  if (!examined.machine.hypervisor.name.empty()) {
    return {"whole_cores", Answer::kPartly,
            "each CPU is shown as a core of its own, but a hypervisor may lay two on one core",
            "compare the speed-up of 'strata sweep compute -T 1,2' with 2: far below says so"};
  }
  return {"whole_cores", Answer::kYes, "each CPU is a core of its own", {}};
}

Finding numa(const Examination& examined) {
  if (examined.topology && examined.topology->nodes.size() > 1) {
    return {"memory_distance",
            Answer::kYes,
            std::to_string(examined.topology->nodes.size()) +
                " memory nodes: near and far memory can be compared",
            {}};
  }
  return {"memory_distance", Answer::kNo,
          examined.topology ? "there is one memory node, so all memory is equally near"
                            : "the memory nodes are unknown: " + examined.topology_refusal,
          "use a machine with two sockets"};
}

Finding clock(const Examination& examined) {
  const std::string reading = std::to_string(std::llround(examined.clock_read_ns)) + " ns";
  if (examined.fast_clock.works) {
    return {"short_times", Answer::kYes, "reading the clock takes " + reading, {}};
  }
  return {"short_times", Answer::kPartly,
          "reading the clock takes " + reading + " (clock source " + examined.machine.clock_source +
              "): units below a few microseconds are distorted",
          "use units of 10 us or more, or a machine whose clock source is tsc"};
}

Finding cluster(const Examination& examined) {
  if (!examined.sealed_memory.works) {
    return {
        "cluster", Answer::kNo,
        "shared memory cannot be made and sealed (" + examined.sealed_memory.refusal + ")",
        "raise the limit on the size of files (ulimit -f unlimited), or use Linux 5.10 or newer"};
  }
  if (!examined.pidfd.works) {
    return {"cluster", Answer::kNo,
            "processes cannot be watched (pidfd_open: " + examined.pidfd.refusal + ")",
            "use Linux 5.10 or newer, and allow pidfd_open in the sandbox"};
  }
  const std::uint64_t room = examined.machine.tasks.tasks;
  // A worker is its process and a control thread, and its carriers.
  const std::uint64_t workers = std::min<std::uint64_t>(1024, room / 3);
  if (workers < 1024) {
    return {"cluster", workers == 0 ? Answer::kNo : Answer::kPartly,
            "about " + std::to_string(workers) +
                " workers of one thread can live here: " + examined.machine.tasks.from +
                " leaves room for " + std::to_string(room) + " processes and threads",
            "raise it for larger clusters"};
  }
  return {"cluster", Answer::kYes, "a cluster of up to 1,024 workers can be started here", {}};
}

}  // namespace

std::string_view name_of(Answer answer) {
  switch (answer) {
    case Answer::kYes:
      return "yes";
    case Answer::kPartly:
      return "partly";
    case Answer::kNo:
      return "no";
  }
  return "?";
}

Examination examine_machine() {
  Examination examined;
  const std::uint64_t begin_ns = now_ns();
  const std::optional<CpuTicks> before = read_cpu_ticks();
  examined.machine = read_machine_facts();
  const Result<TopologyFacts> topology = read_topology();
  if (topology) {
    examined.topology = *topology;
  } else {
    examined.topology_refusal = topology.error().message;
  }
  examined.switch_records = probe_switch_records();
  examined.hardware_counters = probe_hardware_counters();
  examined.sealed_memory = probe_sealed_memory();
  examined.pidfd = probe_pidfd();
  examined.fast_clock = probe_fast_clock(examined.clock_read_ns);
  // Steal can only be watched by letting time pass.
  const auto passed = std::chrono::nanoseconds(now_ns() - begin_ns);
  if (passed < kWatch) {
    std::this_thread::sleep_for(kWatch - passed);
  }
  const std::optional<CpuTicks> after = read_cpu_ticks();
  examined.examined_s = seconds_between(begin_ns, now_ns());
  examined.steal_now = before && after ? steal_share(*before, *after) : 0;
  return examined;
}

std::vector<Finding> judge(const Examination& examined) {
  return {cluster(examined),
          parallelism(examined.machine.usable),
          smt(examined),
          quiet(examined),
          quota(examined.machine),
          clock(examined),
          timeline(examined),
          counters(examined),
          numa(examined),
          {"several_hosts", Answer::kNo, "this version starts clusters on one host only",
           "compare processes and threads of this one"}};
}

}  // namespace strata
