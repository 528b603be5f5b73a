// The program that bare_spawn starts: as little as a C++ program can be and still have started.
// Says that it is ready by one byte on descriptor 3, then waits until descriptor 4 is closed.
#include <unistd.h>

#include <string>
#include <vector>

int main(int argc, char** argv) {
  // What any C++ program does first: its arguments as strings.
  const std::vector<std::string> words(argv, argv + argc);
  const char ready = words.empty() ? '0' : '1';
  char nothing = 0;
  return write(3, &ready, 1) == 1 && read(4, &nothing, 1) == 0 ? 0 : 1;
}
