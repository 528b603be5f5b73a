// What a worker tells its agent: reports, from any of its threads, then the doorbell.
#pragma once
#include <mutex>
#include <string_view>

#include "shared/host/pages.h"

namespace strata {

class Outbox {
 public:
  explicit Outbox(WorkerPage& page) : reports_(page.reports) {}

  // `text` goes before the report and is cut at Report::kMostText bytes. Waits while the ring is
  // full: the agent empties it, and this process dies with the agent.
  void send(const Report& report, std::string_view text = {});
  // The same without the doorbell.
  void leave(const Report& report, std::string_view text = {});

 private:
  void push(const Report& report);
  std::mutex mutex_;
  SlotRing<Report, 16>::Producer reports_;  // GUARDED_BY(mutex_)
};

// Wakes the agent.
void ring_doorbell();

}  // namespace strata
