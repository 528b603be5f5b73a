// The OS threads behind the processors: who holds one, who lends it, who is spare.
#include <algorithm>
#include <string>
#include <system_error>
#include <utility>

#include "shared/base/check.h"
#include "shared/base/log.h"
#include "shared/sync/asymmetric_fence.h"
#include "worker/processors/processors.h"

namespace strata {

Processors::Processors(const ProcessorsConfig& config)
    : config_(config), fibers_(config.stack_bytes) {
  prepare_asymmetric_fence();
  for (std::uint32_t i = 0; i < config.count; ++i) {
    processors_.push_back(std::make_unique<Processor>(i, config.wait));
    processors_.back()->lock.set_shared(config.count > 1);
    processors_.back()->forks.set_shared(config.count > 1);
    processors_.back()->parked.set_shared(config.count > 1);
    processors_.back()->cpu = cpu_of_carrier(config.cpus, i);
  }
  idle_.reserve(config.count);
  try {
    const std::lock_guard lock(spares_mutex_);
    for (std::uint32_t i = 1; i < config.count; ++i) {
      threads_.emplace_back([this] { live(nullptr); });
    }
  } catch (const std::system_error&) {
    stop_threads();
    throw;
  }
}

Processors::~Processors() {
  stop_threads();
  // Acquire: pairs with unpark(), which is about to return.
  while (visitors_.load(std::memory_order_acquire) != 0) {
    std::this_thread::yield();
  }
}

void Processors::stop_threads() {
  {
    const std::lock_guard lock(spares_mutex_);
    stop_ = true;
    for (CarrierThread* spare : spares_) {
      spare->bell.notify_all();
    }
  }
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

void Processors::run(Feed& feed) {
  feed_ = &feed;
  // Relaxed, all of these: handing the processors on publishes them.
  over_.store(false, std::memory_order_relaxed);
  searching_.store(0, std::memory_order_relaxed);
  peak_carrying_.store(0, std::memory_order_relaxed);
  CarrierThread me(*this);
  me.sanitized.is_this_thread();
  CarrierThread* const before = set_carrier_thread(&me);
  {
    const std::lock_guard lock(spares_mutex_);
    main_ = &me;
    in_trial_ = count();
  }
  for (const auto& processor : processors_) {
    processor->searching = false;
    processor->late = false;
    processor->look_after(1);
  }
  processors_[0]->state.store(Processor::kHeld, std::memory_order_relaxed);
  for (std::uint32_t i = 1; i < count(); ++i) {
    // Release: pairs with the acquire in wait_as_spare().
    processors_[i]->state.store(Processor::kLent, std::memory_order_seq_cst);
    hand_on(*processors_[i]);
  }
  me.processor = processors_[0].get();
  serve(me, true);
  end_polling();
  set_carrier_thread(before);
}

void Processors::live(Processor* first) {
  CarrierThread me(*this);
  me.sanitized.is_this_thread();
  set_carrier_thread(&me);
  me.assigned = first;  // Nobody knows this thread yet.
  serve(me, false);
  set_carrier_thread(nullptr);
}

void Processors::serve(CarrierThread& me, bool main) {
  for (;;) {
    if (me.processor == nullptr) {
      me.processor = wait_as_spare(me, main);
      if (me.processor == nullptr) {
        return;
      }
    }
    count_carrying(1);
    pin(me, *me.processor);
    carry(me);
    count_carrying(-1);
  }
}

Processor* Processors::wait_as_spare(CarrierThread& me, bool main) {
  for (;;) {
    const std::uint32_t ticket = me.bell.ticket();
    Processor* offered = nullptr;
    {
      const std::lock_guard lock(spares_mutex_);
      const bool leave = main ? in_trial_ == 0 : stop_;
      offered = std::exchange(me.assigned, nullptr);
      if (offered == nullptr && leave) {
        if (main) {
          main_ = nullptr;
        }
        if (me.listed) {
          spares_.erase(std::find(spares_.begin(), spares_.end(), &me));
        }
        return nullptr;
      }
      if (offered == nullptr && !me.listed) {
        me.listed = true;
        spares_.push_back(&me);
      }
    }
    if (offered == nullptr) {
      me.bell.wait(ticket);
      continue;
    }
    // Seq_cst, before the exchange of state: pairs with hand_on(). Who lends it after this sends
    // another thread; who lent it before is seen here.
    offered->taker_comes.store(false, std::memory_order_seq_cst);
    std::uint32_t lent = Processor::kLent;
    // Acquire: pairs with the release of the holder before; all of the processor is ours.
    if (offered->state.compare_exchange_strong(lent, Processor::kHeld, std::memory_order_seq_cst)) {
      return offered;
    }
  }
}

bool Processors::hand_on(Processor& processor) {
  if (processor.taker_comes.exchange(true, std::memory_order_seq_cst)) {
    return true;
  }
  const std::lock_guard lock(spares_mutex_);
  if (!spares_.empty()) {
    CarrierThread& spare = *spares_.back();
    spares_.pop_back();
    spare.listed = false;
    spare.assigned = &processor;
    spare.bell.notify_all();
    return true;
  }
  try {
    threads_.emplace_back([this, &processor] { live(&processor); });
    return true;
  } catch (const std::system_error& error) {
    processor.taker_comes.store(false, std::memory_order_seq_cst);
    static std::atomic<bool> said{false};
    if (!said.exchange(true, std::memory_order_relaxed)) {
      log::warn(std::string("a unit blocks its processor, since this machine makes no further "
                            "thread (") +
                error.what() + "); raise the limit of processes (ulimit -u), or lower -G");
    }
    return false;
  }
}

void Processors::pin(CarrierThread& me, const Processor& processor) const {
  if (me.cpu != processor.cpu) {
    me.pin.reset();
    me.pin.emplace(processor.cpu);
    me.cpu = processor.cpu;
  }
}

void Processors::leave_trial(CarrierThread& me) {
  feed_->forget(*me.processor);
  std::exchange(me.processor, nullptr)->state.store(Processor::kFree, std::memory_order_release);
  const std::lock_guard lock(spares_mutex_);
  if (--in_trial_ == 0 && main_ != nullptr) {
    main_->bell.notify_all();
  }
}

void Processors::count_carrying(int change) {
  // Seq_cst: pairs with nothing_to_come(). The peak is for people.
  const std::uint32_t before =
      carrying_.fetch_add(static_cast<std::uint32_t>(change), std::memory_order_seq_cst);
  const std::uint32_t now = before + static_cast<std::uint32_t>(change);
  std::uint32_t peak = peak_carrying_.load(std::memory_order_relaxed);
  while (change > 0 && peak < now &&
         !peak_carrying_.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
  }
}

void Processors::enter_blocking() {
  CarrierThread& me = *this_carrier_thread();
  me.lent = std::exchange(me.processor, nullptr);
  // Seq_cst, with the exchange in hand_on(): pairs with wait_as_spare(). Releases the processor.
  me.lent->state.store(Processor::kLent, std::memory_order_seq_cst);
  hand_on(*me.lent);
}

bool Processors::leave_blocking() {
  CarrierThread& me = *this_carrier_thread();
  std::uint32_t lent = Processor::kLent;
  if (!me.lent->state.compare_exchange_strong(lent, Processor::kHeld, std::memory_order_seq_cst)) {
    return false;
  }
  me.processor = me.lent;
  return true;
}

}  // namespace strata
