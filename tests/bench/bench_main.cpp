// strata_bench: the table of figures, measured on this machine now.
//
//   strata_bench [--rounds N] [--only SECTION] [--files DIR] [--quick]
//
// Sections: launch idle empty work gil kill. --quick takes one small round of each, to see that
// they work; its figures mean nothing. Time is reported and never judged: the exit status is 1 when
// a figure could not be taken, not when it is bad.
#include <fcntl.h>
#include <sys/file.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "shared/os/fd.h"
#include "tests/bench/sections.h"

namespace strata::bench {
namespace {

struct Section {
  std::string_view name;
  std::vector<Row> (*measure)(const Settings&);
};

constexpr Section kSections[] = {
    {"launch", measure_launch}, {"idle", measure_idle}, {"empty", measure_empty_units},
    {"work", measure_work},     {"gil", measure_gil},   {"kill", measure_kill},
};

// Folders of real files, the first that is there; header files are on every machine that builds.
std::string some_files() {
  for (const char* folder : {"/usr/include", "/usr/share/doc", "/usr/share"}) {
    if (std::filesystem::is_directory(folder)) {
      return folder;
    }
  }
  return "/usr";
}

// Nothing else of this kind measures meanwhile: waits until it has finished.
Fd alone_on_this_machine() {
  const auto path = std::filesystem::temp_directory_path() / "strata-bench.lock";
  Fd lock(open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666));
  if (flock(lock.get(), LOCK_EX) != 0) {
    std::perror("bench: lock");
  }
  return lock;
}

int usage() {
  std::fprintf(stderr, "strata_bench [--rounds N] [--only SECTION] [--files DIR] [--quick]\n");
  return 2;
}

}  // namespace

int bench_main(int argc, char** argv) {
  Settings settings;
  settings.bin = STRATA_BIN_DIR;
  settings.peers = STRATA_PEERS_DIR;
  settings.sources = STRATA_SOURCE_DIR;
  settings.files = some_files();
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    if (flag == "--quick") {
      settings.quick = true;
      settings.rounds = 1;
      settings.files = STRATA_SOURCE_DIR "/tests";
    } else if (i + 1 < argc && flag == "--rounds") {
      settings.rounds = std::strtoul(argv[++i], nullptr, 10);
    } else if (i + 1 < argc && flag == "--only") {
      settings.only = argv[++i];
    } else if (i + 1 < argc && flag == "--files") {
      settings.files = argv[++i];
    } else {
      return usage();
    }
  }
  const Fd lock = alone_on_this_machine();
  std::vector<Row> rows;
  for (const Section& section : kSections) {
    if (section.name.find(settings.only) == std::string_view::npos) {
      continue;
    }
    std::fprintf(stderr, "bench: %s\n", std::string(section.name).c_str());
    for (Row& row : section.measure(settings)) {
      rows.push_back(std::move(row));
    }
  }
  print_table(rows);
  for (const Row& row : rows) {
    if (row.here == "not measured" || row.ratio == "not measured") {
      return 1;
    }
  }
  return rows.empty() ? usage() : 0;
}

}  // namespace strata::bench

int main(int argc, char** argv) { return strata::bench::bench_main(argc, argv); }
