#include "coordinator/report/doctor_report.h"

#include <algorithm>

#include "coordinator/report/format.h"
#include "shared/os/text_file.h"

namespace strata {
namespace {

constexpr std::size_t kLabelColumns = 12;
constexpr std::size_t kTopicColumns = 20;

std::string bytes(std::uint64_t count) { return bytes_text(static_cast<double>(count)); }

// Powers of two, as caches are sold: "32 KiB".
std::string cache_size(std::uint64_t count) {
  return count % (1U << 20U) == 0 && count > 0 ? std::to_string(count >> 20U) + " MiB"
                                               : std::to_string(count >> 10U) + " KiB";
}

std::string percent(double share) { return fixed(share * 100, 1) + " %"; }

// Text broken between words so that it fits; further lines are indented.
std::string wrapped(const std::string& text, std::size_t indent, std::size_t columns) {
  const std::size_t room = columns > indent + 20 ? columns - indent : 20;
  std::string out;
  std::size_t used = 0;
  for (const std::string_view word : split_blank(text)) {
    const std::size_t width = columns_of(word);
    if (used > 0 && used + 1 + width > room) {
      out += "\n" + std::string(indent, ' ');
      used = 0;
    } else if (used > 0) {
      out += " ";
      ++used;
    }
    out += word;
    used += width;
  }
  return out;
}

class Lines {
 public:
  explicit Lines(const Style& style) : style_(style) {}
  void add(std::string_view label, const std::string& text) {
    text_ += pad_right(style_.paint(Ink::kStrong, label), kLabelColumns) +
             wrapped(text, kLabelColumns, style_.columns) + "\n";
  }
  void raw(const std::string& text) { text_ += text; }
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const Style& style() const { return style_; }

 private:
  Style style_;
  std::string text_;
};

std::string usable_text(const MachineFacts& machine) {
  const UsableCpus& usable = machine.usable;
  std::string text = std::to_string(usable.count) + (usable.count == 1 ? " CPU" : " CPUs") +
                     ": affinity " + cpu_list_text(usable.affinity) + " (" +
                     std::to_string(usable.affinity.size()) + ")";
  if (usable.quota_cpus > 0) {
    text += ", quota " + significant(usable.quota_cpus) + " CPUs from " + usable.quota_from;
  } else if (machine.quotas.empty()) {
    text += ", cgroups are not visible";
  } else {
    text += ", no quota in " + count_of(machine.quotas.size(), "cgroups") + " up to the root";
  }
  return text;
}

void add_topology(Lines& lines, const Examination& examined) {
  if (!examined.topology) {
    lines.add("cores", "unknown: " + examined.topology_refusal);
    return;
  }
  const TopologyFacts& topology = *examined.topology;
  std::string text = count_of(topology.packages, "packages") + ", " +
                     count_of(topology.cores, "cores") + ", " +
                     count_of(topology.cpus, "hardware threads");
  text += topology.cpus > topology.cores ? " (SMT: some share a core)" : " (no SMT)";
  lines.add("cores", text);
  text.clear();
  for (const CacheFacts& cache : topology.caches) {
    text += (text.empty() ? "" : ", ") + std::string("L") + std::to_string(cache.level) +
            (cache.level == 1 ? (cache.instruction_only ? "i" : "d") : "") + " " +
            std::to_string(cache.count) + " x " + cache_size(cache.bytes);
    if (cache.cpus_each > 1) {
      text += " (shared by " + std::to_string(cache.cpus_each) + ")";
    }
  }
  lines.add("caches", text.empty() ? "not told by this machine" : text);
  text.clear();
  for (const NumaFacts& node : topology.nodes) {
    text += (text.empty() ? "" : ", ") + std::string("node ") + std::to_string(node.number) + " " +
            bytes(node.memory_bytes) + " and " + count_of(node.cpus, "CPUs");
  }
  lines.add("NUMA", text.empty() ? "not told by this machine" : text);
}

std::string limits_text(const MachineFacts& machine) {
  std::string text;
  for (const Limit& limit : machine.limits) {
    text += (text.empty() ? "" : ", ") + std::string(limit.name) + " ";
    if (!limit.soft) {
      text += "unlimited";
    } else {
      text += limit.unit == "bytes" ? bytes(*limit.soft) : count_text(*limit.soft);
    }
  }
  return text;
}

std::string memory_text(const MemoryFacts& memory) {
  std::string text = bytes(memory.total_bytes) + ", " + bytes(memory.available_bytes) + " free";
  if (memory.cgroup_limit_bytes) {
    text += ", limited to " + bytes(*memory.cgroup_limit_bytes) + " by " + memory.cgroup_limit_from;
  }
  return text + "; /dev/shm " +
         (memory.shm_total_bytes == 0
              ? "is not mounted"
              : bytes(memory.shm_total_bytes) + ", " + bytes(memory.shm_free_bytes) +
                    " free (strata needs none of it)");
}

std::string pressure_text(const PressureFacts& pressure) {
  if (!pressure.cpu) {
    return "not told by this kernel (PSI)";
  }
  return "cpu " + fixed(*pressure.cpu, 1) + " %, memory " + fixed(pressure.memory.value_or(0), 1) +
         " %, io " + fixed(pressure.io.value_or(0), 1) +
         " % of the last 10 s a task waited for it (PSI)";
}

}  // namespace

std::string machine_line(const MachineFacts& machine) {
  std::string text = std::to_string(machine.usable.count) +
                     (machine.usable.count == 1 ? " usable CPU" : " usable CPUs");
  if (!machine.hypervisor.name.empty()) {
    text += " (" + machine.hypervisor.name + " guest)";
  }
  if (!machine.cpu_model.empty()) {
    text += ", " + machine.cpu_model;
  }
  return text;
}

std::string doctor_text(const Examination& examined, const Style& style) {
  const MachineFacts& machine = examined.machine;
  Lines lines(style);
  lines.add("machine", (machine.cpu_model.empty() ? "unknown processor" : machine.cpu_model) +
                           ", CPUs " + cpu_list_text(machine.online_cpus) + " online; " +
                           machine.system + ", Linux " + machine.kernel +
                           (machine.container.empty() ? "" : ", in " + machine.container));
  lines.add("usable", usable_text(machine));
  for (const CpuQuota& quota : machine.quotas) {
    if (quota.cpus > 0) {
      lines.add("  quota", significant(quota.cpus) + " CPUs in " + quota.group.path +
                               " (cgroup version " + std::to_string(quota.group.version) + ")");
    }
  }
  add_topology(lines, examined);
  lines.add("memory", memory_text(machine.memory));
  lines.add("limits", limits_text(machine) + "; room for about " + count_text(machine.tasks.tasks) +
                          " processes and threads (" + machine.tasks.from + ")");
  std::string steal =
      percent(examined.steal_now) + " stolen in the last " + seconds_text(examined.examined_s);
  if (machine.ticks && machine.ticks->busy + machine.ticks->idle > 0) {
    steal += ", " + percent(steal_share({}, *machine.ticks)) + " since boot";
  }
  lines.add("hypervisor", (machine.hypervisor.name.empty()
                               ? "none seen"
                               : machine.hypervisor.name + " (" + machine.hypervisor.from + ")") +
                              "; " + steal);
  std::string load;
  for (const double value : machine.load) {
    load += (load.empty() ? "" : ", ") + fixed(value, 2);
  }
  lines.add("load", load + " over 1, 5 and 15 minutes; " + pressure_text(machine.pressure));
  lines.add("clock", machine.clock_source + ", " + fixed(examined.clock_read_ns, 0) +
                         " ns a reading; governor " +
                         (machine.governor.empty() ? "not visible" : machine.governor));
  lines.add("perf", machine.perf_event_paranoid ? "kernel.perf_event_paranoid is " +
                                                      std::to_string(*machine.perf_event_paranoid)
                                                : "this kernel has no perf events");
  lines.raw("\nwhat can be shown here\n");
  for (const Finding& finding : judge(examined)) {
    const Ink ink = finding.answer == Answer::kYes  ? Ink::kGood
                    : finding.answer == Answer::kNo ? Ink::kBad
                                                    : Ink::kThreads;
    std::string topic = finding.topic;
    std::replace(topic.begin(), topic.end(), '_', ' ');
    const std::size_t indent = 2 + kTopicColumns + 8;
    lines.raw("  " + pad_right(topic, kTopicColumns) +
              pad_right(style.paint(ink, name_of(finding.answer)), 8) +
              wrapped(finding.why, indent, style.columns) + "\n");
    if (!finding.advice.empty()) {
      lines.raw(
          std::string(indent, ' ') +
          style.paint(Ink::kQuiet, "-> " + wrapped(finding.advice, indent + 3, style.columns)) +
          "\n");
    }
  }
  return lines.text();
}

}  // namespace strata
