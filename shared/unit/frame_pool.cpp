#include "shared/unit/frame_pool.h"

#include <array>
#include <cstdint>
#include <new>
#include <utility>

// Under the address sanitizer every frame comes from malloc: a pool would hide uses after the end.
#if defined(__SANITIZE_ADDRESS__)
#define STRATA_POOL_FRAMES 0
#else
#define STRATA_POOL_FRAMES 1
#endif

namespace strata {

#if STRATA_POOL_FRAMES
namespace {

constexpr std::uint32_t kFreeAtMost = 256;  // Of one class in one thread: 16 KiB to 256 KiB.

struct FreeFrame {
  FreeFrame* next;
};

struct FreeList {
  FreeFrame* first = nullptr;
  std::uint32_t room = 0;  // For so many more. None before the thread's first frame is freed.
};

enum class Lists : std::uint8_t { kUnused, kOpen, kClosed };

// No constructor and no destructor, so that the compiler reaches these without a guard. Closed: the
// thread is ending, and what its last destructors free goes to malloc.
constinit thread_local std::array<FreeList, detail::kFrameClasses> free_lists{};
constinit thread_local Lists lists_state = Lists::kUnused;

// Made at a thread's first frame that is freed; its destructor runs when the thread ends.
struct Emptier {
  ~Emptier() {
    lists_state = Lists::kClosed;
    for (FreeList& list : free_lists) {
      list.room = 0;
      while (list.first != nullptr) {
        ::operator delete(std::exchange(list.first, list.first->next));
      }
    }
  }
  Emptier() = default;
  Emptier(const Emptier&) = delete;
  Emptier& operator=(const Emptier&) = delete;
};

void put(FreeList& list, void* frame) {
  list.first = new (frame) FreeFrame{list.first};
  --list.room;
}

// The list is full, or there are none yet or any more.
[[gnu::noinline]] void free_without_room(FreeList& list, void* frame) noexcept {
  if (lists_state != Lists::kUnused) {
    ::operator delete(frame);
    return;
  }
  thread_local Emptier emptier;
  lists_state = Lists::kOpen;
  for (FreeList& each : free_lists) {
    each.room = kFreeAtMost;
  }
  put(list, frame);
}

}  // namespace

[[gnu::noinline]] void* detail::frame_allocate_class(std::size_t size_class) {
  FreeList& list = free_lists[size_class];
  FreeFrame* frame = list.first;
  if (frame == nullptr) [[unlikely]] {
    return ::operator new((size_class + 1) * kFrameStep);
  }
  list.first = frame->next;
  ++list.room;
  return frame;
}

[[gnu::noinline]] void detail::frame_free_class(void* frame, std::size_t size_class) noexcept {
  FreeList& list = free_lists[size_class];
  if (list.room == 0) [[unlikely]] {
    free_without_room(list, frame);
    return;
  }
  put(list, frame);
}

#else

void* detail::frame_allocate_class(std::size_t size_class) {
  return ::operator new((size_class + 1) * kFrameStep);
}
void detail::frame_free_class(void* frame, std::size_t) noexcept { ::operator delete(frame); }

#endif

}  // namespace strata
