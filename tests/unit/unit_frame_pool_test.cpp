// The pool of frames: memory of any size, from any thread to any other.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

#include "shared/unit/frame_pool.h"

namespace strata {
namespace {

TEST(FramePool, GivesMemoryOfEverySizeThatNobodyElseHas) {
  struct Frame {
    void* memory;
    std::size_t bytes;
  };
  std::vector<Frame> frames;
  for (std::size_t bytes = 1; bytes < 2000; bytes += 7) {
    void* memory = frame_allocate(bytes);
    std::memset(memory, static_cast<int>(bytes % 251), bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % alignof(std::max_align_t), 0U);
    frames.push_back({memory, bytes});
  }
  for (const Frame& frame : frames) {
    const auto* bytes = static_cast<const unsigned char*>(frame.memory);
    for (std::size_t i = 0; i < frame.bytes; ++i) {
      ASSERT_EQ(bytes[i], frame.bytes % 251);
    }
    frame_free(frame.memory, frame.bytes);
  }
}

#if !defined(__SANITIZE_ADDRESS__)
TEST(FramePool, GivesAFreedFrameToTheNextOfItsSize) {
  void* first = frame_allocate(100);
  frame_free(first, 100);
  void* larger = frame_allocate(200);
  void* second = frame_allocate(104);  // The same class: 24 bytes and a multiple of 16.
  EXPECT_EQ(second, first);
  EXPECT_NE(larger, first);
  frame_free(second, 104);
  frame_free(larger, 200);
}
#endif

TEST(FramePool, TakesMoreFramesThanItKeeps) {
  constexpr std::size_t kFrames = 10'000;
  std::vector<void*> frames;
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < kFrames; ++i) {
      frames.push_back(frame_allocate(80));
    }
    EXPECT_EQ(std::set<void*>(frames.begin(), frames.end()).size(), kFrames);
    for (void* frame : frames) {
      frame_free(frame, 80);
    }
    frames.clear();
  }
}

TEST(FramePool, TakesFramesOfOtherThreadsEvenOfEndedOnes) {
  for (int round = 0; round < 20; ++round) {
    std::vector<void*> frames;
    std::thread maker([&frames] {
      for (int i = 0; i < 500; ++i) {
        frames.push_back(frame_allocate(160));
      }
    });
    maker.join();
    std::thread freer([&frames] {
      for (void* frame : frames) {
        frame_free(frame, 160);
      }
      void* again = frame_allocate(160);
      std::memset(again, 1, 160);
      frame_free(again, 160);
    });
    freer.join();
  }
}

// Frees a frame when its thread ends, perhaps after the pool's own end there.
struct LateFree {
  void* frame = nullptr;
  LateFree() = default;
  LateFree(const LateFree&) = delete;
  LateFree& operator=(const LateFree&) = delete;
  ~LateFree() { frame_free(frame, 96); }
};

TEST(FramePool, TakesWhatAThreadsLastDestructorsFree) {
  std::thread thread([] {
    thread_local LateFree late;  // Made before the pool's lists, so destroyed after them.
    late.frame = frame_allocate(96);
    frame_free(frame_allocate(96), 96);
  });
  thread.join();
}

}  // namespace
}  // namespace strata
