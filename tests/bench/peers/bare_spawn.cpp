// A bare launcher: posix_spawns N programs (argument 2), and prints "ready" when each has said so.
// It has no results to share, no one to watch and nothing to place: what a launch must cost.
#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "tests/bench/peers/ready_children.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    return 2;
  }
  const int count = std::atoi(argv[1]);
  std::array<int, 2> ready{};
  std::array<int, 2> stop{};
  if (pipe2(ready.data(), O_CLOEXEC) != 0 || pipe2(stop.data(), O_CLOEXEC) != 0) {
    return 1;
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  // By way of numbers that are out of the way of 3 and 4.
  const int ready_end = fcntl(ready[1], F_DUPFD_CLOEXEC, 10);
  const int stop_end = fcntl(stop[0], F_DUPFD_CLOEXEC, 10);
  posix_spawn_file_actions_adddup2(&actions, ready_end, 3);
  posix_spawn_file_actions_adddup2(&actions, stop_end, 4);
  std::array<char*, 2> words = {argv[2], nullptr};
  for (int i = 0; i < count; ++i) {
    pid_t child = 0;
    if (posix_spawn(&child, argv[2], &actions, nullptr, words.data(), environ) != 0) {
      return 1;
    }
  }
  return wait_for_children(count, ready[0], stop[1]);
}
