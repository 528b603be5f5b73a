// Opens strata-net.so, the module that holds ZeroMQ and Protocol Buffers, when a command needs it.
#pragma once
#include "shared/base/result.h"
#include "shared/transport/net.h"

namespace strata {

// The module, from ../lib/ beside the folder of this executable or from that folder itself; opened
// once, kept open. Call it before other threads exist. Errors: kMachine, with where it was looked
// for.
Result<Net*> load_net();

}  // namespace strata
