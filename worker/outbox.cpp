#include "worker/outbox.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>

namespace strata {

void ring_doorbell() {
  const std::uint64_t one = 1;
  // The eventfd cannot be full: that takes 2^64 - 2 unanswered rings.
  (void)!write(kDoorbellFd, &one, sizeof one);
}

void Outbox::push(const Report& report) {
  while (!reports_.push(report)) {
    ring_doorbell();
    sched_yield();
  }
}

void Outbox::send(const Report& report, std::string_view text) {
  leave(report, text);
  ring_doorbell();
}

void Outbox::leave(const Report& report, std::string_view text) {
  const std::lock_guard lock(mutex_);
  text = text.substr(0, Report::kMostText);
  while (!text.empty()) {
    Report part;
    part.kind = Report::Kind::kText;
    part.text_bytes = static_cast<std::uint32_t>(std::min(text.size(), Report::kTextBytes));
    std::copy_n(text.begin(), part.text_bytes, part.text.begin());
    push(part);
    text.remove_prefix(part.text_bytes);
  }
  push(report);
}

}  // namespace strata
