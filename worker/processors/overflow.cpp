#include "worker/processors/overflow.h"

#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>

#include "worker/processors/processors.h"

namespace strata {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

OverflowWatch::OverflowWatch() = default;
OverflowWatch::~OverflowWatch() = default;

#else

namespace {

constexpr std::size_t kHandlerStack = std::size_t{64} * 1024;

struct sigaction& before() {
  static struct sigaction action {};
  return action;
}

void tell_overflow(int signal, siginfo_t* info, void* /*context*/) {
  const CarrierThread* thread = this_carrier_thread();
  const Fiber* fiber = thread == nullptr ? nullptr : thread->owner.overflowed_fiber(info->si_addr);
  if (fiber != nullptr) {
    std::array<char, 200> text{};
    const int length = std::snprintf(
        text.data(), text.size(),
        "strata: the stack of unit %lu is full (%zu KiB): its green thread recurses too deeply or "
        "keeps too much on it; put large data on the heap, or run it with -x threads\n",
        static_cast<unsigned long>(fiber->unit), (fiber->stack_bytes() + 1023) / 1024);
    if (write(STDERR_FILENO, text.data(), static_cast<std::size_t>(length)) < 0) {
      // Nobody reads: the signal tells all the same.
    }
  }
  // The instruction is tried again and ends as it would have without us.
  sigaction(signal, &before(), nullptr);
}

void install_once() {
  static const bool installed = [] {
    struct sigaction action {};
    action.sa_sigaction = tell_overflow;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigaction(SIGSEGV, &action, &before());
    return true;
  }();
  (void)installed;
}

}  // namespace

OverflowWatch::OverflowWatch() {
  install_once();
  stack_t current{};
  if (sigaltstack(nullptr, &current) != 0 || (current.ss_flags & SS_DISABLE) == 0) {
    return;  // This thread has one already.
  }
  stack_ = std::make_unique<std::byte[]>(kHandlerStack);  // NOLINT(modernize-avoid-c-arrays)
  stack_t own{};
  own.ss_sp = stack_.get();
  own.ss_size = kHandlerStack;
  sigaltstack(&own, nullptr);
}

OverflowWatch::~OverflowWatch() {
  if (stack_) {
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    sigaltstack(&none, nullptr);
  }
}

#endif

}  // namespace strata
