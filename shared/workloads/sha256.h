// SHA-256 by OpenSSL, which is included by sha256.cpp alone.
#pragma once
#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace strata {

// One digest after another: start(), update() any number of times, finish(). One thread at a time.
class Sha256 {
 public:
  static constexpr std::size_t kBytes = 32;
  using Digest = std::array<std::byte, kBytes>;

  Sha256();
  void start();
  void update(std::span<const std::byte> bytes);
  void update(std::string_view text) { update(std::as_bytes(std::span(text))); }
  Digest finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

// 64 lower-case hexadecimal digits.
std::string hexadecimal(const Sha256::Digest& digest);

}  // namespace strata
