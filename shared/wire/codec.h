// Messages to bytes and back. Decoding is total: whatever the bytes are, the answer is a message
// within the bounds of messages.h or an Error that says what is wrong with them; nothing throws.
#pragma once
#include <string>
#include <string_view>

#include "shared/base/result.h"
#include "shared/wire/messages.h"

namespace strata::wire {

// Errors name the bound that the message breaks.
Result<std::string> encode(const ToCluster& message);
Result<std::string> encode(const ToClient& message);

Result<ToCluster> decode_to_cluster(std::string_view bytes);
Result<ToClient> decode_to_client(std::string_view bytes);

}  // namespace strata::wire
