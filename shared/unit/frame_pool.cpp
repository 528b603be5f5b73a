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

constexpr std::uint64_t kFreeAtMost = 256;  // Of one class in one thread: 6 KiB to 258 KiB.

// A list of free frames in one word: the address of the first above 16 bits that count them; the
// first holds the word of the list without it. So neither making nor freeing a frame touches a
// counter beside the list, which cost 1 ns of 8.
using List = std::uint64_t;
constexpr int kCountBits = 16;
constexpr List kCountMask = (List{1} << kCountBits) - 1;
constexpr List kClosedList = kCountMask;  // Nothing in it, and nothing fits.
static_assert(kFreeAtMost < kCountMask);

struct FreeFrame {
  List rest;
};

enum class Lists : std::uint8_t { kUnused, kOpen, kClosed };

constexpr std::array<List, detail::kFrameClasses> all_closed() {
  std::array<List, detail::kFrameClasses> lists{};
  lists.fill(kClosedList);
  return lists;
}

// No constructor and no destructor, so that the compiler reaches these without a guard. Closed
// before the thread's first frame is freed, and again when the thread is ending: what its last
// destructors free goes to malloc.
constinit thread_local std::array<List, detail::kFrameClasses> free_lists = all_closed();
constinit thread_local Lists lists_state = Lists::kUnused;

FreeFrame* first_of(List list) {
  return reinterpret_cast<FreeFrame*>(list >> kCountBits);  // NOLINT(performance-no-int-to-ptr)
}
void put(List& list, void* frame) {
  const List rest = list;
  new (frame) FreeFrame{rest};
  // Addresses of a process have 48 bits.
  list = (reinterpret_cast<std::uintptr_t>(frame) << kCountBits) | ((rest & kCountMask) + 1);
}

// Made at a thread's first frame that is freed; its destructor runs when the thread ends.
struct Emptier {
  ~Emptier() {
    lists_state = Lists::kClosed;
    for (List& list : free_lists) {
      while (FreeFrame* const frame = first_of(list)) {
        list = frame->rest;
        ::operator delete(frame);
      }
      list = kClosedList;
    }
  }
  Emptier() = default;
  Emptier(const Emptier&) = delete;
  Emptier& operator=(const Emptier&) = delete;
};

// The list is full, or there are none yet or any more.
[[gnu::noinline]] void free_without_room(List& list, void* frame) noexcept {
  if (lists_state != Lists::kUnused) {
    ::operator delete(frame);
    return;
  }
  thread_local Emptier emptier;
  lists_state = Lists::kOpen;
  free_lists.fill(0);
  put(list, frame);
}

}  // namespace

[[gnu::noinline]] void* detail::frame_allocate_class(std::size_t size_class) {
  List& list = free_lists[size_class];
  FreeFrame* const frame = first_of(list);
  if (frame == nullptr) [[unlikely]] {
    return ::operator new(kSmallestFrame + size_class * kFrameStep);
  }
  list = frame->rest;
  return frame;
}

[[gnu::noinline]] void detail::frame_free_class(void* frame, std::size_t size_class) noexcept {
  List& list = free_lists[size_class];
  if ((list & kCountMask) >= kFreeAtMost) [[unlikely]] {
    free_without_room(list, frame);
    return;
  }
  put(list, frame);
}

#else

void* detail::frame_allocate_class(std::size_t size_class) {
  return ::operator new(kSmallestFrame + size_class * kFrameStep);
}
void detail::frame_free_class(void* frame, std::size_t) noexcept { ::operator delete(frame); }

#endif

}  // namespace strata
