// N threads, each sleeps M milliseconds: prints the seconds from the first creation to the last
// join. What `wait` on the executor `threads` does, without strata.
#include <pthread.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

void* sleep_once(void* milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(*static_cast<const int*>(milliseconds)));
  return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    return 2;
  }
  std::vector<pthread_t> threads(static_cast<std::size_t>(std::atoi(argv[1])));
  int milliseconds = std::atoi(argv[2]);
  const auto start = std::chrono::steady_clock::now();
  for (pthread_t& thread : threads) {
    if (pthread_create(&thread, nullptr, sleep_once, &milliseconds) != 0) {
      return 1;
    }
  }
  for (const pthread_t thread : threads) {
    pthread_join(thread, nullptr);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("%.9f\n", took.count());
}
