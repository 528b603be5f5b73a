#include "shared/os/machine_facts.h"

#include <cpuid.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string_view>

#include "shared/os/text_file.h"

namespace strata {
namespace {

// The value of "KEY=value" or "key : value" in a text of such lines, unquoted.
std::string value_in(std::string_view text, std::string_view key, char separator) {
  for (const std::string_view line : split(text, '\n')) {
    const std::size_t at = line.find(separator);
    if (at != std::string_view::npos && trimmed(line.substr(0, at)) == key) {
      std::string_view value = trimmed(line.substr(at + 1));
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
        value = value.substr(1, value.size() - 2);
      }
      return std::string(value);
    }
  }
  return {};
}

std::string system_name() {
  return value_in(read_text("/etc/os-release").value_or(""), "PRETTY_NAME", '=');
}

std::string kernel_release() {
  utsname name{};
  return ::uname(&name) == 0 ? std::string(name.release) : std::string();
}

HypervisorFacts find_hypervisor() {
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  // Bit 31 of leaf 1 is kept free for hypervisors to say that they are there.
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx & (1U << 31U)) != 0) {
    __cpuid(0x40000000U, eax, ebx, ecx, edx);
    std::array<char, 13> signature{};
    std::memcpy(signature.data(), &ebx, 4);
    std::memcpy(signature.data() + 4, &ecx, 4);
    std::memcpy(signature.data() + 8, &edx, 4);
    struct Known {
      std::string_view signature;
      std::string_view name;
    };
    static constexpr std::array<Known, 7> kKnown{{{"KVMKVMKVM", "KVM"},
                                                  {"Microsoft Hv", "Hyper-V"},
                                                  {"VMwareVMware", "VMware"},
                                                  {"XenVMMXenVMM", "Xen"},
                                                  {"VBoxVBoxVBox", "VirtualBox"},
                                                  {"TCGTCGTCGTCG", "QEMU without KVM"},
                                                  {"bhyve bhyve ", "bhyve"}}};
    for (const Known& known : kKnown) {
      if (known.signature == signature.data()) {
        return {std::string(known.name), "cpuid"};
      }
    }
    return {"one that calls itself '" + std::string(signature.data()) + "'", "cpuid"};
  }
  if (const auto type = read_value("/sys/hypervisor/type"); type && !type->empty()) {
    return {*type, "/sys/hypervisor"};
  }
  const std::string vendor = read_value("/sys/class/dmi/id/sys_vendor").value_or("");
  for (const std::string_view known :
       {"QEMU", "Amazon EC2", "Google", "VMware", "Xen", "innotek"}) {
    if (vendor.find(known) != std::string::npos) {
      return {vendor, "DMI"};
    }
  }
  return {};
}

std::string find_container() {
  if (::access("/.dockerenv", F_OK) == 0) {
    return "docker";
  }
  if (::access("/run/.containerenv", F_OK) == 0) {
    return "podman";
  }
  return read_value("/run/systemd/container").value_or("");
}

MemoryFacts read_memory() {
  MemoryFacts facts;
  const std::string text = read_text("/proc/meminfo").value_or("");
  const auto kilobytes = [&text](std::string_view key) {
    const std::string value = value_in(text, key, ':');
    const std::vector<std::string_view> words = split_blank(value);
    const auto number = words.empty() ? std::nullopt : parse_integer(words[0]);
    return number && *number > 0 ? static_cast<std::uint64_t>(*number) * 1024 : 0;
  };
  facts.total_bytes = kilobytes("MemTotal");
  facts.available_bytes = kilobytes("MemAvailable");
  for (const CgroupFolder& group : cgroup_folders("memory")) {
    const auto limit =
        read_integer(group.path + (group.version == 2 ? "/memory.max" : "/memory.limit_in_bytes"));
    // Version 1 says "no limit" with a number near 2^63.
    if (limit && *limit > 0 && static_cast<std::uint64_t>(*limit) < facts.total_bytes &&
        (!facts.cgroup_limit_bytes ||
         static_cast<std::uint64_t>(*limit) < *facts.cgroup_limit_bytes)) {
      facts.cgroup_limit_bytes = static_cast<std::uint64_t>(*limit);
      facts.cgroup_limit_from = group.path;
    }
  }
  struct statvfs shm {};
  if (::statvfs("/dev/shm", &shm) == 0) {
    facts.shm_total_bytes = std::uint64_t{shm.f_blocks} * shm.f_frsize;
    facts.shm_free_bytes = std::uint64_t{shm.f_bavail} * shm.f_frsize;
  }
  return facts;
}

std::optional<double> parse_real(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} ? std::optional<double>(value) : std::nullopt;
}

// "some avg10=0.00 avg60=..."
std::optional<double> read_pressure(const std::string& name) {
  const std::string text = read_text("/proc/pressure/" + name).value_or("");
  const std::size_t at = text.find("avg10=");
  return at == std::string::npos ? std::nullopt : parse_real(std::string_view(text).substr(at + 6));
}

std::vector<double> read_load() {
  const std::string text = read_text("/proc/loadavg").value_or("");
  std::vector<double> load;
  for (const std::string_view word : split_blank(text)) {
    const std::optional<double> value = parse_real(word);
    if (!value || load.size() == 3) {
      break;
    }
    load.push_back(*value);
  }
  return load;
}

}  // namespace

std::optional<CpuTicks> read_cpu_ticks() {
  const std::string text = read_text("/proc/stat").value_or("");
  const std::vector<std::string_view> words =
      split_blank(std::string_view(text).substr(0, text.find('\n')));
  // cpu user nice system idle iowait irq softirq steal
  if (words.size() < 9 || words[0] != "cpu") {
    return std::nullopt;
  }
  CpuTicks ticks;
  for (std::size_t i = 1; i < 9; ++i) {
    const auto value = static_cast<std::uint64_t>(parse_integer(words[i]).value_or(0));
    (i == 4 || i == 5 ? ticks.idle : ticks.busy) += value;
    ticks.steal += i == 8 ? value : 0;
  }
  return ticks;
}

double steal_share(const CpuTicks& before, const CpuTicks& after) {
  const std::uint64_t passed = after.busy + after.idle - before.busy - before.idle;
  return passed == 0
             ? 0.0
             : static_cast<double>(after.steal - before.steal) / static_cast<double>(passed);
}

MachineFacts read_machine_facts() {
  MachineFacts facts;
  facts.system = system_name();
  facts.kernel = kernel_release();
  facts.cpu_model = value_in(read_text("/proc/cpuinfo").value_or(""), "model name", ':');
  facts.online_cpus = parse_cpu_list(read_value("/sys/devices/system/cpu/online").value_or(""));
  facts.usable = usable_cpus();
  facts.quotas = cpu_quotas(cgroup_folders("cpu"));
  if (const auto active = read_integer("/sys/devices/system/cpu/smt/active")) {
    facts.smt = *active != 0;
  }
  facts.memory = read_memory();
  facts.limits = resource_limits();
  facts.tasks = room_for_tasks();
  facts.hypervisor = find_hypervisor();
  facts.container = find_container();
  facts.ticks = read_cpu_ticks();
  facts.load = read_load();
  facts.pressure = {read_pressure("cpu"), read_pressure("memory"), read_pressure("io")};
  facts.clock_source =
      read_value("/sys/devices/system/clocksource/clocksource0/current_clocksource").value_or("");
  facts.perf_event_paranoid = read_integer("/proc/sys/kernel/perf_event_paranoid");
  facts.governor =
      read_value("/sys/devices/system/cpu/cpu" + std::to_string(facts.usable.affinity.front()) +
                 "/cpufreq/scaling_governor")
          .value_or("");
  return facts;
}

}  // namespace strata
