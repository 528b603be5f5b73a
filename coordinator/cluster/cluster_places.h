// The folders in which this user's clusters may be found.
#pragma once
#include <string>
#include <vector>

#include "shared/base/result.h"
#include "shared/os/fd.h"

namespace strata {

// $XDG_RUNTIME_DIR/strata where that variable names a folder of this user, and /tmp/strata-UID.
// New clusters go into the first; another shell may have put one into the second.
std::vector<std::string> cluster_places();

// Opens a folder that only this user can enter. Errors (kMachine): it is missing, a symbolic link,
// somebody else's, or open to others; each names what to do.
Result<Fd> open_private_folder(const std::string& path);
// The same, made where it is missing.
Result<Fd> make_private_folder(const std::string& path);

}  // namespace strata
