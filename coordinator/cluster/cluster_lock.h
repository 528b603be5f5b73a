// The lock file of a cluster's folder: see cluster_folder.h for what it means.
#pragma once
#include <sys/types.h>

#include <string>

#include "shared/os/fd.h"

namespace strata {

// Opens <folder>/lock; `flags` are added to those of open(). Empty: errno says why not.
Fd open_lock(const Fd& folder, int flags);
// Takes it if nobody has it.
bool take_lock(const Fd& lock);
// Whether the lock is still the one that others would open: the folder at `path` may have been
// removed, and made anew, between our opening and our locking.
bool is_current(const std::string& path, const Fd& lock);
// The pid that its holder has written, or 0.
pid_t pid_in(const Fd& lock);
// Removes what a cluster leaves, and the folder around all clusters when this was the last. The
// caller holds the lock.
void remove_files(const std::string& path, const Fd& folder);

}  // namespace strata
