// What /proc tells about processes: who is whose child, what a test left behind.
//
// Every process that the harness starts carries a mark in its environment, which its descendants
// inherit whatever session they move to. So "left behind" is a fact that is read, not a guess made
// from names: other clusters on the machine are not mistaken for ours.
#pragma once
#include <sys/types.h>

#include <string>
#include <vector>

namespace strata::testing {

struct ProcessInfo {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t session = 0;
  char state =
      '?';  // As in /proc/PID/stat: R running, S sleeping, T stopped, Z dead and not reaped
  unsigned threads = 0;
  std::string name;                // comm
  std::vector<std::string> words;  // Its command line
};

// One look at a process; false when there is none.
bool look_at(pid_t pid, ProcessInfo* info);
// All that live now (no zombies), by pid.
std::vector<ProcessInfo> living_processes();
std::vector<ProcessInfo> children_of(pid_t pid);
// Children and theirs, and so on.
std::vector<ProcessInfo> descendants_of(pid_t pid);
// Living processes whose environment holds NAME=VALUE `mark` (those of ours, or all when root).
std::vector<ProcessInfo> marked_processes(const std::string& mark);

bool is_alive(pid_t pid);    // A zombie is not alive.
bool is_stopped(pid_t pid);  // By SIGSTOP
// CPU time of its threads so far in clock ticks (user and system); 0 when there is no such process.
unsigned long long cpu_ticks_of(pid_t pid);

// SIGKILL, and waits until each has closed all that it had open. An environment, by which marked
// processes are found, is gone a little earlier. False: one still lives after a minute.
bool kill_whole(const std::vector<pid_t>& pids);

// The workers among the children of a coordinator: `strata-worker` processes that have begun
// to work (their carriers run), without the zygote, which never has a second thread.
std::vector<pid_t> workers_of(pid_t coordinator);
// All `strata-worker` processes below it, in whatever stage, the zygote included.
std::vector<pid_t> helpers_of(pid_t coordinator);

// Names of files in /dev/shm that contain "strata".
std::vector<std::string> shared_memory_files();

// For a failure's message: "812 strata-worker (S), 813 ...".
std::string describe(const std::vector<ProcessInfo>& processes);

}  // namespace strata::testing
