#include "coordinator/cluster/off_loop.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

#include "shared/base/check.h"

namespace strata {

OffLoop::~OffLoop() {
  if (thread_.joinable()) {
    thread_.join();
    loop_.unwatch(done_.get());
  }
}

Status OffLoop::run(std::function<void()> work, std::function<void()> then) {
  STRATA_CHECK(!busy());
  done_ = Fd(eventfd(0, EFD_CLOEXEC));
  if (!done_) {
    return system_error(Exit::kMachine,
                        "cannot make an eventfd; raise the limit on open files (ulimit -n)", errno);
  }
  auto finished = [this, then = std::move(then)] {
    thread_.join();
    loop_.unwatch(done_.get());
    then();
  };
  if (auto watched = loop_.watch(done_.get(), std::move(finished)); !watched) {
    return watched;
  }
  try {
    thread_ = std::thread([work = std::move(work), fd = done_.get()] {
      work();
      const std::uint64_t one = 1;
      (void)!write(fd, &one, sizeof one);
    });
  } catch (const std::system_error& error) {
    loop_.unwatch(done_.get());
    return Error{Exit::kMachine, std::string("cannot start a thread: ") + error.what() +
                                     "; raise the limit on processes (ulimit -u)"};
  }
  return Ok{};
}

}  // namespace strata
