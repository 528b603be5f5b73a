#include "shared/transport/zmq_socket.h"

#include <fcntl.h>
#include <pthread.h>

#include <array>
#include <cerrno>
#include <vector>

#include "shared/os/fd.h"

namespace strata {
namespace {

void* wait_for_release(void* gate) {
  pthread_mutex_lock(static_cast<pthread_mutex_t*>(gate));
  pthread_mutex_unlock(static_cast<pthread_mutex_t*>(gate));
  return nullptr;
}

// Whether `count` threads can exist at once.
int try_threads(std::size_t count) {
  pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&gate);
  std::vector<pthread_t> made;
  int failed = 0;
  while (made.size() < count && failed == 0) {
    pthread_t thread{};
    failed = pthread_create(&thread, nullptr, wait_for_release, &gate);
    if (failed == 0) {
      made.push_back(thread);
    }
  }
  pthread_mutex_unlock(&gate);
  for (const pthread_t thread : made) {
    pthread_join(thread, nullptr);
  }
  pthread_mutex_destroy(&gate);
  return failed;
}

}  // namespace

Status check_room_for_zmq() {
  // A context takes 9 descriptors (its poller and mailboxes), a socket 2, each connection 1.
  std::array<Fd, 16> descriptors;
  for (Fd& descriptor : descriptors) {
    descriptor = Fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!descriptor) {
      return system_error(Exit::kMachine, "no file descriptors for a socket (raise ulimit -n)",
                          errno);
    }
  }
  constexpr std::size_t kContextThreads = 2;  // One moves bytes, one reaps sockets.
  if (const int failed = try_threads(kContextThreads); failed != 0) {
    return system_error(Exit::kMachine, "no threads for a socket (raise ulimit -u)", failed);
  }
  return Ok{};
}

}  // namespace strata
