// A bare program that forks N children, and prints "ready" when each has said so.
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "tests/bench/peers/ready_children.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    return 2;
  }
  const int count = std::atoi(argv[1]);
  std::array<int, 2> ready{};
  std::array<int, 2> stop{};
  if (pipe(ready.data()) != 0 || pipe(stop.data()) != 0) {
    return 1;
  }
  char byte = '1';
  for (int i = 0; i < count; ++i) {
    if (fork() == 0) {
      close(stop[1]);
      const bool told = write(ready[1], &byte, 1) == 1;
      _exit(told && read(stop[0], &byte, 1) == 0 ? 0 : 1);
    }
  }
  return wait_for_children(count, ready[0], stop[1]);
}
