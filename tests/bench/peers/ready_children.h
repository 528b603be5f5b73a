// How a bare launcher waits for its children: each writes a byte into `ready` and ends when `stop`
// is closed.
#pragma once
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

// Prints "ready" when `count` children have said so, then lets them end. 0, or 1 if one failed.
inline int wait_for_children(int count, int ready, int stop) {
  char byte = 0;
  for (int i = 0; i < count; ++i) {
    if (read(ready, &byte, 1) != 1) {
      return 1;
    }
  }
  std::puts("ready");
  std::fflush(stdout);
  close(stop);
  while (wait(nullptr) > 0) {
  }
  return 0;
}
