// The regular files below a folder, and their names as workers get them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.h"

namespace strata {

struct FolderFile {
  std::string name;  // Relative to the folder: any bytes but 0.
  std::uint64_t bytes = 0;
};

struct UnreadableName {
  std::string name;
  int error = 0;  // errno
};

struct FolderWalk {
  std::vector<FolderFile> files;           // Sorted by the bytes of their names.
  std::vector<UnreadableName> unreadable;  // Folders, mostly. In no order.
};

// What `find FOLDER -type f` lists: symbolic links below the folder are not followed. Fails when
// the folder itself cannot be read (Exit::kUsage).
Result<FolderWalk> walk_folder(const std::string& folder);

// Names in one block of bytes: how many, where each ends, and their bytes.
std::vector<std::byte> pack_names(std::span<const FolderFile> files);
// The names in such a block, which stay part of it. Whatever the bytes are, no name that comes out
// leads out of the folder; a block that is not as pack_names makes it is an error.
Result<std::vector<std::string_view>> unpack_names(std::span<const std::byte> packed);

}  // namespace strata
