#include "tests/cluster/process_harness.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <system_error>

#include "shared/base/check.h"

namespace strata::testing {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

struct Pipe {
  Fd read;
  Fd write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    fail("pipe2");
  }
  return {Fd(ends[0]), Fd(ends[1])};
}

void read_what_is_there(Fd& from, std::string& into) {
  std::array<char, 65536> bytes{};
  while (from) {
    pollfd waiting{from.get(), POLLIN, 0};
    if (poll(&waiting, 1, 0) <= 0) {
      return;
    }
    const ssize_t count = read(from.get(), bytes.data(), bytes.size());
    if (count <= 0) {
      from.reset();  // The end, or EIO: the other side of a terminal has gone.
      return;
    }
    into.append(bytes.data(), static_cast<std::size_t>(count));
  }
}

// Everything that the child needs, made before the fork: between fork and exec nothing allocates.
struct Prepared {
  std::vector<char*> words;
  std::string terminal_name;
  int standard_in = -1;
  int standard_out = -1;
  int standard_error = -1;
};

[[noreturn]] void become(const Command& command, const Prepared& prepared) {
  setsid();
  int in = prepared.standard_in;
  int out = prepared.standard_out;
  int error = prepared.standard_error;
  if (command.terminal) {
    // The first terminal that a session leader opens controls it.
    in = out = error = open(prepared.terminal_name.c_str(), O_RDWR);
  }
  dup2(in, 0);
  dup2(error, 2);
  if (command.output == Stdout::kClosed) {
    close(1);
  } else {
    dup2(out, 1);
  }
  if (!command.folder.empty() && chdir(command.folder.c_str()) != 0) {
    _exit(127);
  }
  // As a terminal's shell leaves them, whatever runs the tests: a background job ignores SIGINT.
  for (const int number : {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGPIPE}) {
    signal(number, command.ignored == number ? SIG_IGN : SIG_DFL);
  }
  for (const auto& [resource, value] : command.limits) {
    const rlimit limit{value, value};
    setrlimit(static_cast<__rlimit_resource>(resource), &limit);
  }
  if (command.user && (setgid(*command.user) != 0 || setuid(*command.user) != 0)) {
    _exit(127);
  }
  for (const std::string& variable : command.environment) {
    putenv(const_cast<char*>(variable.c_str()));
  }
  execvp(prepared.words[0], prepared.words.data());
  _exit(127);
}

std::string new_mark() {
  static int count = 0;
  return "STRATA_TEST_MARK=" + std::to_string(getpid()) + "-" + std::to_string(++count);
}

}  // namespace

Process::Process(Command command) : mark_(new_mark()) {
  command.environment.push_back(mark_);
  Prepared prepared;
  for (std::string& word : command.words) {
    prepared.words.push_back(word.data());
  }
  prepared.words.push_back(nullptr);

  Pipe input = make_pipe();
  Pipe output = make_pipe();
  Pipe errors = make_pipe();
  STRATA_CHECK(command.input.size() <= 65536);
  if (!command.input.empty() &&
      write(input.write.get(), command.input.data(), command.input.size()) < 0) {
    fail("write standard input");
  }
  input.write.reset();
  if (command.output == Stdout::kFull) {
    output.write = Fd(open("/dev/full", O_WRONLY | O_CLOEXEC));
  } else if (command.output == Stdout::kNoReader) {
    output.read.reset();
  }
  if (command.terminal) {
    terminal_ = Fd(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (!terminal_ || grantpt(terminal_.get()) != 0 || unlockpt(terminal_.get()) != 0) {
      fail("pseudo terminal");
    }
    const winsize size{40, 120, 0, 0};
    ioctl(terminal_.get(), TIOCSWINSZ, &size);
    prepared.terminal_name = ptsname(terminal_.get());
  }
  prepared.standard_in = input.read.get();
  prepared.standard_out = output.write.get();
  prepared.standard_error = errors.write.get();

  started_ = std::chrono::steady_clock::now();
  pid_ = fork();
  if (pid_ < 0) {
    fail("fork");
  }
  if (pid_ == 0) {
    become(command, prepared);
  }
  output_pipe_ = std::move(output.read);
  error_pipe_ = std::move(errors.read);
}

Process::~Process() {
  // Stopped processes die of SIGKILL too. Workers that are forked while this looks are found by the
  // next look.
  for (std::vector<ProcessInfo> left = members(); !left.empty(); left = members()) {
    for (const ProcessInfo& process : left) {
      kill(process.pid, SIGKILL);
    }
    poll_end();
    poll(nullptr, 0, 1);
  }
  if (!ended_) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
}

bool Process::poll_end() {
  if (!ended_ && waitpid(pid_, &wait_status_, WNOHANG) == pid_) {
    ended_ = true;
    died_ = std::chrono::steady_clock::now();
  }
  return ended_;
}

void Process::pump(int timeout_ms) {
  std::array<pollfd, 3> waiting{pollfd{output_pipe_.get(), POLLIN, 0},
                                pollfd{error_pipe_.get(), POLLIN, 0},
                                pollfd{terminal_.get(), POLLIN, 0}};
  // Negative descriptors are ignored, so that this is a plain pause once all are closed.
  if (poll(waiting.data(), waiting.size(), timeout_ms) > 0) {
    read_what_is_there(output_pipe_, output_);
    read_what_is_there(error_pipe_, errors_);
    if (waiting[2].revents != 0) {
      read_what_is_there(terminal_, output_);
    }
  }
}

bool Process::until(const std::function<bool()>& condition, Deadline deadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  for (;;) {
    const bool over = poll_end();
    pump(over ? 0 : 1);
    if (condition()) {
      return true;
    }
    if (over || std::chrono::steady_clock::now() > end) {
      return false;
    }
  }
}

std::vector<pid_t> Process::wait_for_workers(std::size_t count, Deadline deadline) {
  std::vector<pid_t> workers;
  const bool came = until(
      [&] {
        workers = workers_of(pid_);
        return workers.size() >= count;
      },
      deadline);
  return came ? workers : std::vector<pid_t>{};
}

void Process::signal(int number) const {
  if (!ended_) {
    kill(pid_, number);
  }
}

void Process::type(const std::string& keys) const {
  if (write(terminal_.get(), keys.data(), keys.size()) < 0) {
    fail("write to the terminal");
  }
}

void Process::hang_up() {
  read_what_is_there(terminal_, output_);
  terminal_.reset();
}

Ending Process::wait(Deadline deadline) {
  const bool in_time = until([this] { return ended_; }, deadline);
  if (!in_time) {
    for (const ProcessInfo& process : members()) {
      kill(process.pid, SIGKILL);
    }
    until([this] { return ended_; });
  }
  pump(0);
  Ending ending;
  ending.in_time = in_time;
  if (WIFEXITED(wait_status_)) {
    ending.status = WEXITSTATUS(wait_status_);
  } else {
    ending.signal = WTERMSIG(wait_status_);
  }
  ending.output = output_;
  ending.errors = errors_;
  ending.took_s = std::chrono::duration<double>(died_ - started_).count();
  return ending;
}

bool Process::wait_until_nothing_left(Deadline deadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!members().empty()) {
    poll_end();
    if (std::chrono::steady_clock::now() > end) {
      return false;
    }
    pump(1);
  }
  return true;
}

Ending run(Command command, Deadline deadline) {
  Process process(std::move(command));
  return process.wait(deadline);
}

std::string strata_program() { return STRATA_BIN_DIR "/strata"; }
std::string worker_program() { return STRATA_BIN_DIR "/strata-worker"; }

std::vector<std::string> strata_words(std::vector<std::string> words) {
  std::vector<std::string> all = {strata_program()};
  for (std::string& word : words) {
    all.push_back(std::move(word));
  }
  return all;
}

std::size_t lines_of(const std::string& text) {
  std::size_t lines = 0;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines += end > begin ? 1 : 0;
    begin = end + 1;
  }
  return lines;
}

TemporaryFolder::TemporaryFolder() {
  std::string name = std::filesystem::temp_directory_path() / "strata-test-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) {
    fail("mkdtemp " + name);
  }
  path_ = name;
  // Tests run programs as another user that read here.
  std::filesystem::permissions(path_, std::filesystem::perms(0755));
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void make_input(const std::filesystem::path& folder, unsigned files, std::uintmax_t bytes) {
  for (unsigned i = 0; i < files; ++i) {
    const std::filesystem::path below = folder / ("part" + std::to_string(i % 7));
    std::filesystem::create_directories(below);
    const std::filesystem::path file = below / ("file " + std::to_string(i));
    std::ofstream(file, std::ios::binary) << "file " << i << '\n';
    // A hole: made at once, and read and digested like any other content.
    std::filesystem::resize_file(file, bytes);
  }
}

std::string digest_by_coreutils(const std::filesystem::path& folder) {
  const Ending ending =
      run({.words = {"bash", "-c",
                     "cd \"$1\" && find . -type f -printf '%P\\0' | LC_ALL=C sort -z "
                     "| xargs -0 -r sha256sum -- | sha256sum",
                     "bash", folder.string()}});
  return ending.output.substr(0, 64);
}

}  // namespace strata::testing
