#include "shared/workloads/folder_walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "shared/os/fd.h"

namespace strata {
namespace {

struct CloseDir {
  void operator()(DIR* dir) const { closedir(dir); }
};
using Dir = std::unique_ptr<DIR, CloseDir>;

// Null, with errno, when it cannot be read.
Dir open_dir(int root, const std::string& name, int flags) {
  Fd fd(openat(root, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags));
  if (!fd) {
    return nullptr;
  }
  Dir dir(fdopendir(fd.get()));
  if (dir) {
    [[maybe_unused]] const int owned_by_dir = fd.release();
  }
  return dir;
}

// A stack of names rather than a recursion or open folders: depth costs neither stack nor
// descriptors.
class Walker {
 public:
  Walker(int root, FolderWalk& walk) : root_(root), walk_(walk) {}

  void run(Dir dir) {
    read(std::move(dir), "");
    while (!waiting_.empty()) {
      const std::string name = std::move(waiting_.back());
      waiting_.pop_back();
      if (Dir next = open_dir(root_, name, O_NOFOLLOW)) {
        read(std::move(next), name);
      } else {
        walk_.unreadable.push_back({name, errno});
      }
    }
  }

 private:
  void read(Dir dir, const std::string& folder) {
    for (;;) {
      errno = 0;
      const dirent* entry = readdir(dir.get());  // NOLINT(concurrency-mt-unsafe): a DIR of our own
      if (entry == nullptr) {
        if (errno != 0) {
          walk_.unreadable.push_back({folder.empty() ? "." : folder, errno});
        }
        return;
      }
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") {
        visit(dirfd(dir.get()), entry->d_type,
              folder.empty() ? std::string(name) : folder + "/" + std::string(name), entry->d_name);
      }
    }
  }

  void visit(int folder, unsigned char type, std::string path, const char* name) {
    if (type != DT_REG && type != DT_DIR && type != DT_UNKNOWN) {
      return;
    }
    struct stat facts {};
    if (type != DT_DIR && fstatat(folder, name, &facts, AT_SYMLINK_NOFOLLOW) != 0) {
      // Vanished just now. A regular file stays in the list: reading it will say the same.
      if (type == DT_REG) {
        walk_.files.push_back({std::move(path), 0});
      } else {
        walk_.unreadable.push_back({std::move(path), errno});
      }
      return;
    }
    if (type == DT_DIR || S_ISDIR(facts.st_mode)) {
      waiting_.push_back(std::move(path));
    } else if (S_ISREG(facts.st_mode)) {
      walk_.files.push_back({std::move(path), static_cast<std::uint64_t>(facts.st_size)});
    }
  }

  int root_;
  FolderWalk& walk_;
  std::vector<std::string> waiting_;  // Folders, relative to the root.
};

bool stays_inside(std::string_view name) {
  if (name.empty() || name.front() == '/' || name.find('\0') != std::string_view::npos) {
    return false;
  }
  while (!name.empty()) {
    const std::size_t slash = std::min(name.find('/'), name.size());
    if (name.substr(0, slash) == "..") {
      return false;
    }
    name.remove_prefix(std::min(slash + 1, name.size()));
  }
  return true;
}

std::uint64_t number_at(std::span<const std::byte> bytes, std::size_t index) {
  std::uint64_t number = 0;
  std::memcpy(&number, bytes.data() + index * sizeof number, sizeof number);
  return number;
}

}  // namespace

Result<FolderWalk> walk_folder(const std::string& folder) {
  // O_PATH needs no permission to read, and the names below are opened relative to it.
  const Fd root(open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  Dir dir = root ? open_dir(root.get(), ".", 0) : nullptr;
  if (!dir) {
    Error error = system_error(Exit::kUsage, "open " + folder, errno);
    error.message += "; name a folder that can be read";
    return error;
  }
  FolderWalk walk;
  Walker(root.get(), walk).run(std::move(dir));
  // As LC_ALL=C sort does: std::string compares bytes as unsigned.
  std::sort(walk.files.begin(), walk.files.end(),
            [](const FolderFile& a, const FolderFile& b) { return a.name < b.name; });
  return walk;
}

std::vector<std::byte> pack_names(std::span<const FolderFile> files) {
  std::vector<std::byte> packed((1 + files.size()) * sizeof(std::uint64_t));
  const auto put = [&packed](std::size_t index, std::uint64_t number) {
    std::memcpy(packed.data() + index * sizeof number, &number, sizeof number);
  };
  put(0, files.size());
  std::uint64_t end = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    end += files[i].name.size();
    put(1 + i, end);
  }
  packed.reserve(packed.size() + end);
  for (const FolderFile& file : files) {
    const auto name = std::as_bytes(std::span(file.name));
    packed.insert(packed.end(), name.begin(), name.end());
  }
  return packed;
}

Result<std::vector<std::string_view>> unpack_names(std::span<const std::byte> packed) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  const auto malformed = [](const char* what) {
    return Error{Exit::kFailed,
                 std::string("the list of files from the coordinator is malformed (") + what +
                     "); start strata and strata-worker of one version"};
  };
  if (packed.size() < kWord) {
    return malformed("no count");
  }
  const std::uint64_t count = number_at(packed, 0);
  if (count > packed.size() / kWord - 1) {
    return malformed("count");
  }
  const std::span<const std::byte> bytes = packed.subspan((1 + count) * kWord);
  std::vector<std::string_view> names;
  names.reserve(count);
  std::uint64_t begin = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t end = number_at(packed, 1 + i);
    if (end < begin || end > bytes.size()) {
      return malformed("length of a name");
    }
    const std::string_view name(reinterpret_cast<const char*>(bytes.data()) + begin, end - begin);
    if (!stays_inside(name)) {
      return malformed("a name that leaves the folder");
    }
    names.push_back(name);
    begin = end;
  }
  if (begin != bytes.size()) {
    return malformed("bytes after the last name");
  }
  return names;
}

}  // namespace strata
