#include "coordinator/cluster/server_post.h"

#include <utility>

#include "shared/os/clock.h"

namespace strata {

bool ServerPost::tell(const ClientId& client, const wire::ToClient& message) {
  const Result<Sent> sent = net_.send(client, message);
  return !sent || *sent != Sent::kGone;
}

void ServerPost::deliver(const ClientId& client, wire::ToClient message) {
  Letter letter{client, std::move(message)};
  if (!try_to_send(letter)) {
    waiting_.push_back(std::move(letter));
    if (waiting_.size() == 1) {
      timer_ = loop_.at(now_ns() + kAgain_ns, [this] { try_again(); });
    }
  }
}

bool ServerPost::try_to_send(const Letter& letter) {
  const Result<Sent> sent = net_.send(letter.client, letter.message);
  if (sent) {
    return *sent != Sent::kFull;
  }
  const wire::Refused refused{static_cast<std::int32_t>(sent.error().exit), sent.error().message};
  const Result<Sent> instead = net_.send(letter.client, refused);
  return !instead || *instead != Sent::kFull;
}

void ServerPost::try_again() {
  waiting_.remove_if([this](const Letter& letter) { return try_to_send(letter); });
  if (!waiting_.empty()) {
    timer_ = loop_.at(now_ns() + kAgain_ns, [this] { try_again(); });
  }
}

}  // namespace strata
