// Memory for coroutine frames: free lists by size, one set a thread.
//
// A frame may be freed on another thread than the one that made it; it then joins that thread's
// list. Lists are bounded and give back to malloc beyond their bound and when their thread ends.
#pragma once
#include <cstddef>

namespace strata {

// noinline (in the .cpp): a thread's address must not be kept across a switch of a green thread.
void* frame_allocate(std::size_t bytes);
void frame_free(void* frame, std::size_t bytes) noexcept;

}  // namespace strata
