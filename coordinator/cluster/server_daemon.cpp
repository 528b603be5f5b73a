// Leaving a cluster behind: fork, a session of its own, fork, and a socket on which the daemon says
// that it is ready, or why it cannot be. It stays only once the other side has answered that it
// knows: a cluster that got ready while its requester was being interrupted would be nobody's.
//
// All forking is done before there is a thread, a ZeroMQ context or a loop.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
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

Error died(const std::string& name) {
  return {Exit::kFailed, "cluster '" + name + "' died while it was starting; " + "try strata up " +
                             name + " --foreground to see why"};
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
  return died(name);
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
  return serve_cluster(
      request, folder, launcher,
      {.log_bytes_max = kLogBytesMax, .requester = &report, .ready = [&report](const UpReport& up) {
         static_cast<void>(write_whole(report.get(), report_of(up)));
         shutdown(report.get(), SHUT_WR);  // That was all of it.
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

// What the daemon says in all, or an error when a signal came first.
Result<std::string> wait_for_report(EventLoop& loop, const Fd& report) {
  std::string text;
  std::optional<Error> error;
  if (Status watched = loop.on_interruption([&] {
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
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return system_error(Exit::kMachine, "cannot make a pair of sockets", errno);
  }
  Fd ours(ends[0]);
  Fd daemons(ends[1]);
  const pid_t middle = fork();
  if (middle < 0) {
    return system_error(Exit::kMachine, "cannot start the cluster's process (ulimit -u)", errno);
  }
  if (middle == 0) {
    ours.reset();
    fork_daemon(request, folder, launcher, std::move(daemons));
  }
  daemons.reset();
  while (waitpid(middle, nullptr, 0) < 0 && errno == EINTR) {
  }
  auto loop = EventLoop::make();
  const Result<std::string> text =
      loop ? wait_for_report(**loop, ours) : Result<std::string>(loop.error());
  Result<UpReport> report = text ? read_report(*text, request.name) : text.error();
  const bool stays = report && write_whole(ours.get(), "k");
  if (report && !stays) {
    report = died(request.name);
  }
  ours.reset();  // To a daemon that was not answered this says: end.
  if (report) {
    folder.release();
  } else {
    folder.remove();
  }
  return report;
}

}  // namespace strata
