#include "tests/cluster/process_table.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "shared/os/fd.h"

namespace strata::testing {
namespace {

std::string read_whole(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> split_at_zeros(const std::string& text) {
  std::vector<std::string> words;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\0', begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

std::filesystem::path folder_of(pid_t pid) {
  return std::filesystem::path("/proc") / std::to_string(pid);
}

// The fields of /proc/PID/stat from the third on; the second is a name in parentheses that may hold
// anything, parentheses too.
bool read_stat(pid_t pid, std::string* name, std::vector<std::string>* fields) {
  const std::string stat = read_whole(folder_of(pid) / "stat");
  const std::size_t open = stat.find('(');
  const std::size_t close = stat.rfind(')');
  if (open == std::string::npos || close == std::string::npos) {
    return false;
  }
  *name = stat.substr(open + 1, close - open - 1);
  std::istringstream rest(stat.substr(close + 1));
  fields->assign(std::istream_iterator<std::string>(rest), std::istream_iterator<std::string>());
  return fields->size() > 20;
}

bool is_helper(const ProcessInfo& process) {
  // The kernel cuts names at 15 characters: "strata-worker" has 13.
  return !process.words.empty() && process.words[0].find("strata-worker") != std::string::npos;
}

}  // namespace

bool look_at(pid_t pid, ProcessInfo* info) {
  std::vector<std::string> fields;
  ProcessInfo found;
  if (!read_stat(pid, &found.name, &fields)) {
    return false;
  }
  found.pid = pid;
  found.state = fields[0][0];
  found.parent = std::stoi(fields[1]);
  found.session = std::stoi(fields[3]);
  found.threads = static_cast<unsigned>(std::stoul(fields[17]));
  found.words = split_at_zeros(read_whole(folder_of(pid) / "cmdline"));
  *info = std::move(found);
  return true;
}

std::vector<ProcessInfo> living_processes() {
  std::vector<ProcessInfo> processes;
  std::error_code ignored;  // A process may end while the folder is read.
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename();
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    ProcessInfo info;
    if (error == std::errc() && end == name.data() + name.size() && look_at(pid, &info) &&
        info.state != 'Z' && info.state != 'X') {
      processes.push_back(std::move(info));
    }
  }
  std::sort(processes.begin(), processes.end(),
            [](const auto& left, const auto& right) { return left.pid < right.pid; });
  return processes;
}

std::vector<ProcessInfo> children_of(pid_t pid) {
  std::vector<ProcessInfo> processes = living_processes();
  std::erase_if(processes, [pid](const ProcessInfo& process) { return process.parent != pid; });
  return processes;
}

std::vector<ProcessInfo> descendants_of(pid_t pid) {
  const std::vector<ProcessInfo> all = living_processes();
  std::vector<pid_t> parents = {pid};
  std::vector<ProcessInfo> found;
  for (std::size_t i = 0; i < parents.size(); ++i) {
    for (const ProcessInfo& process : all) {
      if (process.parent == parents[i]) {
        parents.push_back(process.pid);
        found.push_back(process);
      }
    }
  }
  return found;
}

std::vector<ProcessInfo> marked_processes(const std::string& mark) {
  std::vector<ProcessInfo> processes = living_processes();
  std::erase_if(processes, [&mark](const ProcessInfo& process) {
    const auto words = split_at_zeros(read_whole(folder_of(process.pid) / "environ"));
    return std::find(words.begin(), words.end(), mark) == words.end();
  });
  return processes;
}

bool is_alive(pid_t pid) {
  ProcessInfo info;
  return look_at(pid, &info) && info.state != 'Z' && info.state != 'X';
}

bool is_stopped(pid_t pid) {
  ProcessInfo info;
  return look_at(pid, &info) && info.state == 'T';
}

unsigned long long cpu_ticks_of(pid_t pid) {
  std::string name;
  std::vector<std::string> fields;
  return read_stat(pid, &name, &fields) ? std::stoull(fields[11]) + std::stoull(fields[12]) : 0;
}

bool kill_whole(const std::vector<pid_t>& pids) {
  std::vector<Fd> processes;
  for (const pid_t pid : pids) {
    processes.emplace_back(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    kill(pid, SIGKILL);
  }
  return std::all_of(processes.begin(), processes.end(), [](const Fd& process) {
    pollfd waiting{process.get(), POLLIN, 0};  // -1, of one that has gone already, is passed over.
    return !process || poll(&waiting, 1, 60'000) == 1;
  });
}

std::vector<pid_t> workers_of(pid_t coordinator) {
  std::vector<pid_t> pids;
  for (const ProcessInfo& process : children_of(coordinator)) {
    if (is_helper(process) && process.threads > 1) {
      pids.push_back(process.pid);
    }
  }
  return pids;
}

std::vector<pid_t> helpers_of(pid_t coordinator) {
  std::vector<pid_t> pids;
  for (const ProcessInfo& process : descendants_of(coordinator)) {
    if (is_helper(process)) {
      pids.push_back(process.pid);
    }
  }
  return pids;
}

std::vector<std::string> shared_memory_files() {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/dev/shm", ignored)) {
    const std::string name = entry.path().filename();
    if (name.find("strata") != std::string::npos) {
      names.push_back(name);
    }
  }
  return names;
}

std::string describe(const std::vector<ProcessInfo>& processes) {
  std::ostringstream text;
  for (const ProcessInfo& process : processes) {
    text << process.pid << ' ' << process.name << " (" << process.state << ')';
    for (const std::string& word : process.words) {
      text << ' ' << word;
    }
    text << "; ";
  }
  return text.str();
}

}  // namespace strata::testing
