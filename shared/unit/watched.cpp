#include "shared/unit/watched.h"

#include <memory>
#include <mutex>

namespace strata {
namespace {

// All there ever were (3): as many as descriptors were open at one time.
struct Store {
  std::mutex mutex;
  std::vector<std::unique_ptr<Watched>> all;  // GUARDED_BY(mutex)
  std::vector<Watched*> free;                 // GUARDED_BY(mutex)
};
Store& store() {
  static auto* const the = new Store;  // Outlives every thread.
  return *the;
}

}  // namespace

Watched& Watched::take(int fd) {
  Store& from = store();
  Watched* taken = nullptr;
  {
    const std::lock_guard lock(from.mutex);
    if (from.free.empty()) {
      from.all.push_back(std::make_unique<Watched>());
      from.free.reserve(from.all.size());  // give_back() does not allocate.
      taken = from.all.back().get();
    } else {
      taken = from.free.back();
      from.free.pop_back();
    }
  }
  const std::lock_guard lock(taken->lock_);  // An event for the one before may be on its way.
  taken->fd_ = fd;
  taken->sides_[kReading].ready.store(false, std::memory_order_relaxed);
  taken->sides_[kWriting].ready.store(false, std::memory_order_relaxed);
  taken->hung_up_.store(false, std::memory_order_relaxed);
  taken->drained_.store(false, std::memory_order_relaxed);
  taken->watched_by.store(0, std::memory_order_relaxed);
  return *taken;
}

void Watched::give_back(Watched& watched) {
  Store& to = store();
  const std::lock_guard lock(to.mutex);
  to.free.push_back(&watched);
}

void Watched::happened(bool readable, bool writable, bool hung_up, std::vector<Waiter*>& woken) {
  const std::lock_guard lock(lock_);
  if (hung_up) {
    hung_up_.store(true, std::memory_order_relaxed);  // Before the waiters see their end.
  }
  if (readable) {
    wake(sides_[kReading], woken);
  }
  if (writable) {
    wake(sides_[kWriting], woken);
  }
}

// Under lock_. All of a side: each tries, and who finds nothing waits again.
void Watched::wake(OneSide& side, std::vector<Waiter*>& woken) {
  bool any = false;
  while (Waiter* const waiter = side.waiters.pop_settled()) {
    woken.push_back(waiter);
    any = true;
  }
  if (!any) {
    side.ready.store(true, std::memory_order_relaxed);  // The reader takes lock_, or only hopes.
  }
}

bool Watched::wait_or_take(Side side, Waiter& waiter) {
  const std::lock_guard lock(lock_);
  if (sides_[side].ready.exchange(false, std::memory_order_relaxed)) {
    return true;
  }
  sides_[side].waiters.push_back(waiter);
  return false;
}

void Watched::pass_on(Side side) {
  Waiter* next = nullptr;
  {
    const std::lock_guard lock(lock_);
    next = sides_[side].waiters.pop_settled();
    if (next == nullptr) {
      sides_[side].ready.store(true, std::memory_order_relaxed);  // As in wake().
    }
  }
  if (next != nullptr) {
    next->carrier().unpark(*next);
  }
}

void Watched::remove(Side side, Waiter& waiter) {
  const std::lock_guard lock(lock_);
  sides_[side].waiters.remove(waiter);
}

}  // namespace strata
