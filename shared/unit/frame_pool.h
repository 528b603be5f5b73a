// Memory for coroutine frames: free lists by size, one set a thread.
//
// A frame may be freed on another thread than the one that made it; it then joins that thread's
// list. Lists are bounded and give back to malloc beyond their bound and when their thread ends.
#pragma once
#include <cstddef>
#include <new>

namespace strata {

namespace detail {
// Classes of 24, 40, 56 ... 1032 bytes: with malloc's own 8 a multiple of 16 each, so that nothing
// is lost to rounding. A step of a cache line made a parked coroutine 60 bytes larger.
inline constexpr std::size_t kSmallestFrame = 24;
inline constexpr std::size_t kFrameStep = 16;
inline constexpr std::size_t kFrameClasses = 64;
constexpr std::size_t frame_class(std::size_t bytes) {
  return bytes <= kSmallestFrame ? 0 : (bytes - kSmallestFrame + kFrameStep - 1) / kFrameStep;
}

// noinline (in the .cpp): a thread's address must not be kept across a switch of a green thread.
void* frame_allocate_class(std::size_t size_class);
void frame_free_class(void* frame, std::size_t size_class) noexcept;
}  // namespace detail

// `bytes` > 0. Inline, since a frame's size is a constant where it is made: its class is one too.
inline void* frame_allocate(std::size_t bytes) {
  const std::size_t size_class = detail::frame_class(bytes);
  return size_class < detail::kFrameClasses ? detail::frame_allocate_class(size_class)
                                            : ::operator new(bytes);
}
inline void frame_free(void* frame, std::size_t bytes) noexcept {
  const std::size_t size_class = detail::frame_class(bytes);
  if (size_class < detail::kFrameClasses) {
    detail::frame_free_class(frame, size_class);
  } else {
    ::operator delete(frame);
  }
}

}  // namespace strata
