#include "coordinator/cluster/server_process.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <optional>
#include <utility>

#include "coordinator/cluster/local_cluster.h"
#include "coordinator/cluster/server.h"
#include "shared/os/clock.h"
#include "shared/transport/net_loader.h"

namespace strata {
namespace {

// While it exists, what workers print on stderr, which they inherit, goes into a pipe, and what
// this process itself prints goes where stderr led before. It must not go through the pipe: its
// reader is this process, and a full pipe would stop both.
class DivertedStderr {
 public:
  static Result<std::unique_ptr<DivertedStderr>> make() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
      return system_error(Exit::kMachine, "cannot make a pipe", errno);
    }
    auto diverted = std::unique_ptr<DivertedStderr>(new DivertedStderr);
    diverted->reader_ = Fd(ends[0]);
    diverted->writer_ = Fd(ends[1]);
    diverted->before_ = Fd(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    diverted->stream_ = diverted->before_ ? fdopen(diverted->before_.get(), "a") : nullptr;
    if (diverted->stream_ == nullptr || dup2(diverted->writer_.get(), STDERR_FILENO) < 0) {
      return system_error(Exit::kMachine, "cannot divert what workers print", errno);
    }
    setvbuf(diverted->stream_, nullptr, _IOLBF, BUFSIZ);
    stderr = diverted->stream_;  // glibc's standard streams are variables.
    return diverted;
  }
  DivertedStderr(const DivertedStderr&) = delete;
  DivertedStderr& operator=(const DivertedStderr&) = delete;
  ~DivertedStderr() {
    if (stream_ != nullptr) {
      fflush(stream_);
      dup2(before_.get(), STDERR_FILENO);
      // The stream stays: the logger keeps it. Its descriptor is before_, which it would close.
      static_cast<void>(before_.release());
    }
  }

  [[nodiscard]] int before() const { return before_.get(); }
  [[nodiscard]] int writer() const { return writer_.get(); }
  Fd take_reader() { return std::move(reader_); }

 private:
  DivertedStderr() = default;
  Fd before_;
  Fd reader_;
  Fd writer_;
  FILE* stream_ = nullptr;
};

// Every connection is a descriptor, and libzmq aborts the process when it has none left to accept
// one with. The hard limit is mostly far above the soft one, which is low for the sake of select().
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

}  // namespace

Status serve_cluster(const UpRequest& request, const ClusterFolder& folder, Launcher& launcher,
                     const Serving& serving) {
  raise_descriptor_limit();
  auto loop = EventLoop::make();
  if (!loop) {
    return loop.error();
  }
  // Before the module starts threads, so that signals come to the loop and to nobody else.
  ClusterServer* server = nullptr;
  std::optional<Error> ended_by;
  const auto end = [&](const Error& reason) {
    ended_by = reason;
    if (server != nullptr) {
      server->end({Exit::kFailed,
                   "cluster '" + request.name + "' was taken down; strata up " + request.name});
    }
  };
  if (Status watched = (*loop)->on_interruption([&end] {
        end({Exit::kInterrupted, "interrupted"});
      });
      !watched) {
    return watched;
  }
  auto diverted = DivertedStderr::make();
  if (!diverted) {
    return diverted.error();
  }
  Result<Net*> net = load_net();
  if (!net) {
    return net.error();
  }
  auto listening = (*net)->listen(folder.socket_path());
  if (!listening) {
    return listening.error();
  }
  ServerOutput output(**loop, (*diverted)->take_reader(), (*diverted)->before(),
                      serving.log_bytes_max);
  if (Status started = output.start(); !started) {
    return started;
  }
  auto cluster = LocalCluster::make(**loop, launcher, (*diverted)->writer());
  if (!cluster) {
    return cluster.error();
  }
  ClusterServer serving_clients(**loop, **cluster, **listening, output, request.name);
  server = &serving_clients;
  if (serving.requester != nullptr) {
    if (Status watched = (*loop)->watch(serving.requester->get(),
                                        [&] {
                                          char known = 0;
                                          const bool hung_up =
                                              read(serving.requester->get(), &known, 1) <= 0;
                                          (*loop)->unwatch(serving.requester->get());
                                          serving.requester->reset();
                                          if (hung_up) {
                                            end({Exit::kInterrupted, "interrupted"});
                                          }
                                        });
        !watched) {
      return watched;
    }
  }
  const Status started = server->start(request.layout, [&](const Status& ready) {
    if (ready) {
      serving.ready({getpid(), seconds_between(request.launched_ns, now_ns())});
    } else {
      end(ready.error());
    }
  });
  if (!started) {
    return started;
  }
  (*loop)->run();
  return ended_by ? Status(*ended_by) : Status(Ok{});
}

}  // namespace strata
