// Co<T>: the coroutine type that bodies are written in.
//
// A Co starts when it is awaited or, at the root, when an executor calls start(). Awaiting a Co is
// a symmetric transfer: one jump, no queue. On an executor whose operations block the carrying
// thread nothing ever suspends, and a root has finished when start() returns.
//
// Frames come from a pool of the calling thread (frame_pool.h): malloc would double the price of an
// empty unit (measured: 16 ns against 8).
#pragma once
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <utility>

#include "shared/unit/frame_pool.h"
#include "shared/unit/transfer.h"

namespace strata {

template <typename T>
class Co;

// How a body ended that start_and_forget() began.
struct RootEnd {
  bool done = false;
  std::exception_ptr error;  // What it threw, or null.
  // Called at the end, if there is one; may free this RootEnd.
  void (*ended)(RootEnd& end) noexcept = nullptr;
};

class Join;

namespace detail {

// A child of `join` has thrown; end_child() follows.
void fail_child(Join& join, std::exception_ptr error) noexcept;
// A child of `join` has ended, and its frame is gone. Gives what runs next.
std::coroutine_handle<> end_child(Join& join) noexcept;

struct PromiseBase {
  // Whoever awaits this Co, resumed at its end; for a root, what start() was told, or nobody. For a
  // forked child, where its result goes.
  std::coroutine_handle<> continuation = std::noop_coroutine();
  std::exception_ptr error;
  // Who is told of the end of a frame that frees itself: a root's RootEnd, or a forked child's Join
  // with kJoin. In one word, since every parked coroutine has it.
  std::uintptr_t owner = 0;
  static constexpr std::uintptr_t kJoin = 1;
  void set_root(RootEnd& end) { owner = reinterpret_cast<std::uintptr_t>(&end); }
  void set_join(Join& join) { owner = reinterpret_cast<std::uintptr_t>(&join) | kJoin; }

  static void* operator new(std::size_t bytes) { return frame_allocate(bytes); }
  static void operator delete(void* frame, std::size_t bytes) { frame_free(frame, bytes); }

  static std::suspend_always initial_suspend() noexcept { return {}; }
  struct FinalAwaiter {
    bool free_now;
    [[nodiscard]] bool await_ready() const noexcept { return free_now; }
    template <typename Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) noexcept {
      Promise& promise = self.promise();
      if (promise.owner != 0) {  // A Join: for a root this is not called.
        // NOLINTNEXTLINE(performance-no-int-to-ptr)
        Join& join = *reinterpret_cast<Join*>(promise.owner - kJoin);
        if (promise.error) [[unlikely]] {
          fail_child(join, std::move(promise.error));
        } else {
          promise.deliver();
        }
        self.destroy();  // And with it this awaiter.
        return transfer_to(end_child(join));
      }
      return transfer_to(promise.continuation);
    }
    static void await_resume() noexcept {}
  };
  FinalAwaiter final_suspend() noexcept {
    if (owner == 0 || (owner & kJoin) != 0) {
      return {false};
    }
    auto* const root = reinterpret_cast<RootEnd*>(owner);  // NOLINT(performance-no-int-to-ptr)
    root->done = true;
    if (error) [[unlikely]] {
      root->error = std::move(error);
    }
    if (root->ended != nullptr) {
      root->ended(*root);
    }
    return {true};
  }
  void unhandled_exception() noexcept { error = std::current_exception(); }
};

template <typename T>
struct Promise : PromiseBase {
  std::optional<T> value;
  Co<T> get_return_object();
  void return_value(T result) { value.emplace(std::move(result)); }
  T take() { return std::move(*value); }
  // A forked child's: hands the result to whoever forked it.
  void deliver() { *static_cast<T*>(continuation.address()) = std::move(*value); }
};

template <>
struct Promise<void> : PromiseBase {
  Co<void> get_return_object();
  static void return_void() noexcept {}
  static void take() noexcept {}
  static void deliver() noexcept {}
};

}  // namespace detail

template <typename T = void>
class [[nodiscard]] Co {
 public:
  using promise_type = detail::Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  explicit Co(Handle handle) : handle_(handle) {}
  Co(Co&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Co(const Co&) = delete;
  Co& operator=(const Co&) = delete;
  Co& operator=(Co&&) = delete;
  ~Co() {
    if (handle_) {
      handle_.destroy();
    }
  }

  // Root only. Runs until the body first suspends or ends; at its end `then` is resumed.
  void start(std::coroutine_handle<> then = std::noop_coroutine()) {
    handle_.promise().continuation = then;
    resume_frame(handle_);
  }
  // Root only. The same, but the frame frees itself when the body ends, and `end`, which must live
  // until then, says that it has and how. Two indirect calls cheaper: 3 ns of an empty unit's 15.
  void start_and_forget(RootEnd& end) && {
    const Handle handle = std::exchange(handle_, nullptr);
    handle.promise().set_root(end);
    resume_frame(handle);
  }
  [[nodiscard]] bool done() const { return handle_.done(); }
  // After done(): what the body threw, or null.
  [[nodiscard]] const std::exception_ptr& error() const { return handle_.promise().error; }

  struct Awaiter {
    Handle child;
    static bool await_ready() noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> parent) noexcept {
      child.promise().continuation = parent;
      return transfer_to(child);
    }
    T await_resume() {
      if (child.promise().error) {
        std::rethrow_exception(child.promise().error);
      }
      return child.promise().take();
    }
  };
  Awaiter operator co_await() && { return Awaiter{handle_}; }

  // For Join: the frame is the caller's from now on.
  [[nodiscard]] Handle release() && { return std::exchange(handle_, nullptr); }

 private:
  Handle handle_;
};

namespace detail {
template <typename T>
Co<T> Promise<T>::get_return_object() {
  return Co<T>(std::coroutine_handle<Promise>::from_promise(*this));
}
inline Co<void> Promise<void>::get_return_object() {
  return Co<void>(std::coroutine_handle<Promise>::from_promise(*this));
}
}  // namespace detail

}  // namespace strata
