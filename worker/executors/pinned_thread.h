// Moved to shared/os, where worker/processors reads it too.
#pragma once
#include "shared/os/pinned_thread.h"  // IWYU pragma: export
