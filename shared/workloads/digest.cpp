// digest: SHA-256 of every regular file below a folder, and of the list that sha256sum would print.
//
// A file is a unit. Small ones are batched into shards by weight, large ones are cut into nothing
// smaller. The folder is walked once, by the coordinator; workers get the names. Whatever goes
// wrong with one file (no permission, vanished, a bad disk) goes into its slot, and the others go
// on.
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "shared/workloads/common.h"
#include "shared/workloads/figures.h"
#include "shared/workloads/file_digest.h"
#include "shared/workloads/folder_walk.h"
#include "shared/workloads/workload.h"

namespace strata {
namespace {

constexpr ParameterSpec kParameters[] = {{.name = "input",
                                          .type = ParameterType::kInputDir,
                                          .required = true,
                                          .summary = "the folder whose files are digested"}};

constexpr ResultField kFields[] = {
    {"files", "", "regular files below the folder that were digested"},
    {"bytes", "B", "bytes of these files"},
    {"sha256", "", "digest of what find, sort -z and sha256sum print for the folder"},
    {"bytes_per_s", "B/s", "bytes over the makespan"},
    {"unreadable", "", "files and folders that could not be read, each with the reason"}};

// A file of one byte takes as long as so many more bytes of a large one: 6 us were measured, with
// 1.2 GB/s for large ones.
constexpr std::uint64_t kOpenWeight = 8192;

// The digest of sha256sum's output, line by line.
class Listing {
 public:
  void add(std::string_view name, const Sha256::Digest& sha256) {
    // sha256sum takes `-` for its standard input, which xargs has connected to /dev/null.
    lines_.update(sha256sum_line(name, name == "-" ? Sha256().finish() : sha256));
  }
  std::string finish() { return hexadecimal(lines_.finish()); }

 private:
  Sha256 lines_;
};

std::string named(const std::string& name, int error) {
  std::string reason = system_error(Exit::kFailed, "", error).message.substr(2);
  std::transform(reason.begin(), reason.begin() + 1, reason.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return printable(name) + " (" + reason + ")";
}

class DigestJob final : public Job {
 public:
  explicit DigestJob(const Parameters& parameters) : folder_(parameters.text("input")) {}

  Result<Plan> plan(const PlanContext& /*context*/) override {
    Result<FolderWalk> walk = walk_folder(folder_);
    if (!walk) {
      return walk.error();
    }
    walk_ = std::move(*walk);
    Plan plan;
    plan.unit_noun = "files";
    plan.slot_bytes = sizeof(FileDigest);
    plan.input = pack_names(walk_.files);
    // An empty folder has one unit, which finds no name and does nothing.
    plan.units = std::max<std::size_t>(walk_.files.size(), 1);
    for (const FolderFile& file : walk_.files) {
      plan.weights.push_back(file.bytes + kOpenWeight);
    }
    return plan;
  }

  Status open(std::span<const std::byte> input, double /*operations_per_us*/) override {
    Result<std::vector<std::string_view>> names = unpack_names(input);
    if (!names) {
      return names.error();
    }
    names_ = std::move(*names);
    root_ = Fd(::open(folder_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!root_) {
      Error error = system_error(Exit::kFailed, "open " + folder_, errno);
      error.message += "; the folder must be there on every host";
      return error;
    }
    return Ok{};
  }

  Co<void> body(Unit& unit) const override {
    if (unit.index() >= names_.size()) {
      co_return;
    }
    std::unique_ptr<DigestTools> tools = toolbox_.take();
    const FileDigest file = co_await digest_file(unit, root_.get(), names_[unit.index()], *tools);
    toolbox_.give(std::move(tools));
    std::memcpy(unit.slot().data(), &file, sizeof file);
  }

  // Another way to the same answer: one file after the other, by path, through a C++ stream.
  std::string reference() override {
    Listing listing;
    Sha256 sha256;
    std::vector<char> buffer(std::size_t{64} << 10);
    for (const FolderFile& file : walk_.files) {
      std::ifstream stream(std::filesystem::path(folder_) / file.name, std::ios::binary);
      if (!stream) {
        continue;
      }
      sha256.start();
      while (stream.read(buffer.data(), static_cast<std::streamsize>(buffer.size())),
             stream.gcount() > 0) {
        sha256.update({buffer.data(), static_cast<std::size_t>(stream.gcount())});
      }
      if (!stream.bad()) {
        listing.add(file.name, sha256.finish());
      }
    }
    return listing.finish();
  }

  Outcome finish(const Results& results, const std::string& reference) override {
    Gathered gathered = gather(results);
    const std::string sha256 = gathered.listing.finish();
    const double rate = per_second(static_cast<double>(gathered.bytes), results.makespan_s);
    const std::uint64_t failed = gathered.unreadable.size();
    Outcome outcome;
    outcome.check = Check::kFailed;
    const std::uint64_t units = std::max<std::size_t>(walk_.files.size(), 1);
    if (failed > 0) {
      outcome.detail = grouped(failed) + " of " +
                       grouped(walk_.files.size() + walk_.unreadable.size()) +
                       (walk_.unreadable.empty() ? " files" : " files and folders") +
                       " could not be read, the first is " + gathered.unreadable.front() +
                       (failed > 1 ? "; all are in the result" : "");
    } else if (const auto missing = missing_units(results, units, "files")) {
      outcome.detail = *missing;
    } else if (gathered.malformed > 0) {
      outcome.detail = grouped(gathered.malformed) + " results of files are malformed";
    } else if (sha256 != reference) {
      outcome.detail = "the digest is " + sha256 + ", the serial one " + reference +
                       "; files may have changed meanwhile" + gathered.changed;
    } else {
      outcome.check = Check::kOk;
      outcome.detail = "the digest of " + grouped(gathered.files) + " files equals the serial one" +
                       gathered.changed;
    }
    outcome.headline = in_bytes(static_cast<double>(gathered.bytes)) + "   " + in_bytes(rate) +
                       "/s   sha256 " + shortened(sha256);
    outcome.fields = {{"files", gathered.files},
                      {"bytes", gathered.bytes},
                      {"sha256", sha256},
                      {"bytes_per_s", rate},
                      {"unreadable", std::move(gathered.unreadable)}};
    return outcome;
  }

 private:
  struct Gathered {
    Listing listing;
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
    std::uint64_t malformed = 0;
    std::vector<std::string> unreadable;
    std::string changed;  // ": NAME was 12 B when opened and 15 B when read", of the first one.
  };

  [[nodiscard]] Gathered gather(const Results& results) const {
    Gathered gathered;
    for (const UnreadableName& folder : walk_.unreadable) {
      gathered.unreadable.push_back(named(folder.name, folder.error));
    }
    for (const Piece& piece : results.pieces) {
      for (std::uint64_t i = 0; i < piece.units && piece.first_unit + i < walk_.files.size(); ++i) {
        FileDigest file;
        std::memcpy(&file, piece.slots + i * sizeof file, sizeof file);
        take(gathered, walk_.files[piece.first_unit + i].name, file);
      }
    }
    std::sort(gathered.unreadable.begin(), gathered.unreadable.end());
    return gathered;
  }

  static void take(Gathered& gathered, const std::string& name, const FileDigest& file) {
    if (file.state == FileDigest::State::kFailed && file.error > 0) {
      gathered.unreadable.push_back(named(name, file.error));
      return;
    }
    if (file.state != FileDigest::State::kOk) {
      ++gathered.malformed;
      return;
    }
    gathered.listing.add(name, file.sha256);
    ++gathered.files;
    gathered.bytes += file.bytes;
    if (file.bytes != file.bytes_at_open && gathered.changed.empty()) {
      gathered.changed = "; " + printable(name) + " had " + grouped(file.bytes_at_open) +
                         " B when it was opened and " + grouped(file.bytes) + " B when it was read";
    }
  }

  std::string folder_;
  FolderWalk walk_;                      // Coordinator
  std::vector<std::string_view> names_;  // Worker: parts of the plan's input.
  Fd root_;                              // Worker
  mutable DigestToolbox toolbox_;        // Worker
};

}  // namespace

extern const Workload digest_workload = {.name = "digest",
                                         .summary = "SHA-256 of every file below a folder",
                                         .parameters = kParameters,
                                         .result_fields = kFields,
                                         .make = make_job<DigestJob>};

}  // namespace strata
