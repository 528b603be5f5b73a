// A value, or the reason there is none. Used wherever failure is an ordinary
// outcome that the caller decides about: a missing peer, a busy name, a wrong parameter.
#pragma once
#include <string>
#include <utility>
#include <variant>

namespace strata {

// The exit status of strata that an error leads to when nobody handles it.
enum class Exit : int { kDone = 0, kFailed = 1, kUsage = 2, kMachine = 3, kInterrupted = 130 };

struct Error {
  Exit exit = Exit::kFailed;
  std::string message;  // One sentence for a person; it ends with what to do next.
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  explicit operator bool() const { return std::holds_alternative<T>(state_); }
  T& operator*() { return std::get<T>(state_); }
  const T& operator*() const { return std::get<T>(state_); }
  T* operator->() { return &std::get<T>(state_); }
  const T* operator->() const { return &std::get<T>(state_); }
  [[nodiscard]] const Error& error() const { return std::get<Error>(state_); }

 private:
  std::variant<T, Error> state_;
};

// For operations that only succeed or fail.
struct Ok {};
using Status = Result<Ok>;

// "open /x: Permission denied": the operation, its object and the cause that errno names.
Error system_error(Exit exit, const std::string& operation, int error_number);

}  // namespace strata
