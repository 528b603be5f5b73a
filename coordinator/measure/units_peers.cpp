#include "coordinator/measure/units_peers.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "coordinator/measure/peer_sources.h"
#include "shared/os/clock.h"
#include "shared/os/event_loop.h"
#include "shared/os/process.h"
#include "shared/os/text_file.h"
#include "shared/os/whole_file.h"

namespace strata {
namespace {

constexpr std::uint64_t kPatienceNs = 20'000'000'000;
constexpr std::size_t kMostText = 1U << 20U;

struct PeerRow {
  std::string_view name;
  std::string_view title;
};
constexpr std::array<PeerRow, 3> kRows{{{"python_process", "Python process"},
                                        {"python_thread", "Python Thread"},
                                        {"goroutine", "Go goroutine"}}};

struct PeerFigure {
  std::string_view name;
  std::vector<double> UnitFigures::*samples;
};
constexpr std::array<PeerFigure, 5> kFigures{{{"create_join_ns", &UnitFigures::create_join_ns},
                                              {"switch_ns", &UnitFigures::switch_ns},
                                              {"parked_bytes", &UnitFigures::parked_bytes},
                                              {"cpu_per_wall", &UnitFigures::cpu_per_wall},
                                              {"computed_beside", &UnitFigures::computed_beside}}};

std::optional<std::string> in_path(std::string_view program) {
  const char* path = std::getenv("PATH");
  for (const std::string_view folder : split(path == nullptr ? "" : path, ':')) {
    std::string candidate = std::string(folder) + "/" + std::string(program);
    if (!folder.empty() && access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
  }
  return std::nullopt;
}

// A folder of this process's own, gone with the object.
class Workplace {
 public:
  Workplace() {
    std::string name = (std::filesystem::temp_directory_path(error_) / "strata-units-XXXXXX");
    if (!error_ && mkdtemp(name.data()) != nullptr) {
      path_ = name;
    }
  }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  ~Workplace() {
    if (!path_.empty()) {
      std::filesystem::remove_all(path_, error_);
    }
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::error_code error_;
  std::string path_;
};

// What it prints until it ends or its time is over; what still runs then is killed. Error:
// interrupted.
Result<std::string> output_of(const SpawnPlan& plan_without_output) {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return std::string();
  }
  const Fd reading(ends[0]);
  Fd writing(ends[1]);
  const Fd nothing(open("/dev/null", O_RDWR | O_CLOEXEC));
  auto loop = EventLoop::make();
  if (!loop) {
    return loop.error();
  }
  bool interrupted = false;
  if (Status watched = (*loop)->on_interruption([&] {
        interrupted = true;
        (*loop)->stop();
      });
      !watched) {
    return watched.error();
  }
  SpawnPlan plan = plan_without_output;
  plan.descriptors = {{nothing.get(), 0}, {writing.get(), 1}, {nothing.get(), 2}};
  Result<ChildProcess> process = spawn(plan);
  writing.reset();
  if (!process) {
    return std::string();
  }
  std::string text;
  if (Status watched = (*loop)->watch(
          reading.get(),
          [&] {
            std::array<char, 4096> some{};
            const ssize_t got = read(reading.get(), some.data(), some.size());
            text.append(some.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
            if (got <= 0 || text.size() > kMostText) {
              (*loop)->stop();
            }
          });
      !watched) {
    return watched.error();
  }
  (*loop)->at(now_ns() + kPatienceNs, [&] { (*loop)->stop(); });
  (*loop)->run();
  if (interrupted) {
    return Error{Exit::kInterrupted, "interrupted"};
  }
  return text;
}

}  // namespace

std::span<const UnitPeer> unit_peers() {
  static const std::array<UnitPeer, 2> kPeers{
      {{"python", "python3", "units.py", kPythonPeer, {"-I", "-S"}},
       {"go", "go", "units.go", kGoPeer, {"run"}}}};
  return kPeers;
}

std::vector<UnitFigures> peer_rows(std::string_view printed) {
  std::vector<UnitFigures> rows;
  for (const std::string_view line : split(printed, '\n')) {
    const std::vector<std::string_view> words = split_blank(line);
    if (words.size() < 3) {
      continue;
    }
    const auto* const row = std::find_if(kRows.begin(), kRows.end(),
                                         [&](const PeerRow& one) { return one.name == words[0]; });
    const auto* const figure =
        std::find_if(kFigures.begin(), kFigures.end(),
                     [&](const PeerFigure& one) { return one.name == words[1]; });
    if (row == kRows.end() || figure == kFigures.end()) {
      continue;
    }
    auto place = std::find_if(rows.begin(), rows.end(),
                              [&](const UnitFigures& one) { return one.name == words[0]; });
    if (place == rows.end()) {
      rows.push_back({.name = std::string(row->name), .title = std::string(row->title)});
      place = rows.end() - 1;
    }
    for (std::size_t i = 2; i < words.size(); ++i) {
      double value = 0;
      const char* const end = words[i].data() + words[i].size();
      if (std::from_chars(words[i].data(), end, value).ptr == end && std::isfinite(value)) {
        ((*place).*(figure->samples)).push_back(value);
      }
    }
  }
  return rows;
}

Result<std::vector<UnitFigures>> measure_peer(const UnitPeer& peer) {
  const std::optional<std::string> program = in_path(peer.program);
  const Workplace workplace;
  if (!program || workplace.path().empty()) {
    return std::vector<UnitFigures>();
  }
  const std::string file = workplace.path() + "/" + std::string(peer.file);
  if (!write_file_whole(file, peer.source)) {
    return std::vector<UnitFigures>();
  }
  SpawnPlan plan;
  plan.program = *program;
  plan.arguments = peer.arguments;
  plan.arguments.push_back(file);
  const Result<std::string> printed = output_of(plan);
  return printed ? Result(peer_rows(*printed)) : printed.error();
}

}  // namespace strata
