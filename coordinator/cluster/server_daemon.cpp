// Leaving a cluster behind: fork, a session of its own, fork, and a pipe on which the daemon says
// that it is ready, or why it cannot be.
//
// All forking is done before there is a thread, a ZeroMQ context or a loop.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <optional>

#include "coordinator/cluster/server_process.h"
#include "shared/os/event_loop.h"
#include "shared/os/terminal.h"
#include "shared/os/text_file.h"

namespace strata {
namespace {

constexpr std::size_t kLogBytesMax = std::size_t{1} << 20;

// "ready <pid> <nanoseconds>", or "<exit status> <sentence>".
std::string report_of(const UpReport& report) {
  return "ready " + std::to_string(report.pid) + " " +
         std::to_string(static_cast<std::int64_t>(report.launch_s * 1e9));
}

std::string report_of(const Error& error) {
  return std::to_string(static_cast<int>(error.exit)) + " " + error.message;
}

Result<UpReport> read_report(const std::string& text, const std::string& name) {
  const std::size_t blank = text.find(' ');
  const std::vector<std::string_view> words = split_blank(text);
  if (words.size() == 3 && words[0] == "ready") {
    return UpReport{static_cast<pid_t>(parse_integer(words[1]).value_or(0)),
                    static_cast<double>(parse_integer(words[2]).value_or(0)) * 1e-9};
  }
  if (blank != std::string::npos) {
    if (const auto status = parse_integer(std::string_view(text).substr(0, blank))) {
      return Error{static_cast<Exit>(*status), text.substr(blank + 1)};
    }
  }
  return Error{Exit::kFailed, "cluster '" + name + "' died while it was starting; " +
                                  "try strata up " + name + " --foreground to see why"};
}

Status lead_standard_streams_to(const std::string& log_path) {
  const Fd null(open("/dev/null", O_RDWR | O_CLOEXEC));
  const Fd log(open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
                    S_IRUSR | S_IWUSR));
  if (!null || !log) {
    return system_error(Exit::kMachine, "cannot open " + log_path, errno);
  }
  if (dup2(null.get(), STDIN_FILENO) < 0 || dup2(null.get(), STDOUT_FILENO) < 0 ||
      dup2(log.get(), STDERR_FILENO) < 0) {
    return system_error(Exit::kMachine, "cannot redirect the standard streams", errno);
  }
  return Ok{};
}

// The daemon, from its fork to its end.
Status be_daemon(const UpRequest& request, const ClusterFolder& folder, Launcher& launcher,
                 Fd& report) {
  if (Status led = lead_standard_streams_to(folder.log_path()); !led) {
    return led;
  }
  if (Status written = folder.write_pid(); !written) {
    return written;
  }
  if (chdir("/") != 0) {  // So that it keeps no file system from being unmounted.
    return system_error(Exit::kMachine, "cannot go to /", errno);
  }
  return serve_cluster(request, folder, launcher,
                       {.log_bytes_max = kLogBytesMax,
                        .requester = report.get(),
                        .ready = [&report](const UpReport& up) {
                          static_cast<void>(write_whole(report.get(), report_of(up)));
                          report.reset();
                        }});
}

[[noreturn]] void fork_daemon(const UpRequest& request, const ClusterFolder& folder,
                              Launcher& launcher, Fd report) {
  setsid();
  // A second time: what is no leader of its session can never get a terminal.
  if (const pid_t daemon = fork(); daemon != 0) {
    if (daemon < 0) {
      static_cast<void>(write_whole(
          report.get(),
          report_of(system_error(Exit::kMachine, "cannot start the cluster's process (ulimit -u)",
                                 errno))));
    }
    _exit(0);
  }
  const Status served = be_daemon(request, folder, launcher, report);
  if (!served && report) {
    static_cast<void>(write_whole(report.get(), report_of(served.error())));
  }
  _exit(served ? 0 : static_cast<int>(served.error().exit));
}

// What the daemon says until it closes its end, or nothing when a signal came first.
Result<std::string> wait_for_report(EventLoop& loop, const Fd& report) {
  std::string text;
  std::optional<Error> error;
  if (Status watched = loop.on_signals({SIGINT, SIGTERM, SIGHUP},
                                       [&](int) {
                                         error = Error{Exit::kInterrupted, "interrupted"};
                                         loop.stop();
                                       });
      !watched) {
    return watched.error();
  }
  if (Status watched = loop.watch(report.get(),
                                  [&] {
                                    std::array<char, 4096> buffer{};
                                    const ssize_t got =
                                        read(report.get(), buffer.data(), buffer.size());
                                    if (got > 0) {
                                      text.append(buffer.data(), static_cast<std::size_t>(got));
                                    } else {
                                      loop.stop();
                                    }
                                  });
      !watched) {
    return watched.error();
  }
  loop.run();
  if (error) {
    return *error;
  }
  return text;
}

}  // namespace

Result<UpReport> start_daemon(const UpRequest& request, ClusterFolder& folder, Launcher& launcher) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return system_error(Exit::kMachine, "cannot make a pipe", errno);
  }
  Fd reading(ends[0]);
  Fd writing(ends[1]);
  const pid_t middle = fork();
  if (middle < 0) {
    return system_error(Exit::kMachine, "cannot start the cluster's process (ulimit -u)", errno);
  }
  if (middle == 0) {
    reading.reset();
    fork_daemon(request, folder, launcher, std::move(writing));
  }
  writing.reset();
  while (waitpid(middle, nullptr, 0) < 0 && errno == EINTR) {
  }
  auto loop = EventLoop::make();
  const Result<std::string> text =
      loop ? wait_for_report(**loop, reading) : Result<std::string>(loop.error());
  reading.reset();  // To a daemon that is not ready yet this says: end.
  Result<UpReport> report = text ? read_report(*text, request.name) : text.error();
  if (report) {
    folder.release();
  } else {
    folder.remove();
  }
  return report;
}

}  // namespace strata
