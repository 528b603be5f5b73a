#include "shared/workloads/sha256.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "shared/base/check.h"

namespace strata {
namespace {

// Fetched once: EVP_sha256() looks its implementation up again for every digest, which is a third
// of the price of digesting a small file. The machine's openssl.cnf is not read: it costs a
// millisecond, and providers that it may name have no business here.
const EVP_MD* algorithm() {
  static const EVP_MD* const kAlgorithm = [] {
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, nullptr);
    const EVP_MD* fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    STRATA_CHECK(fetched != nullptr, "OpenSSL has no SHA-256");
    return fetched;
  }();
  return kAlgorithm;
}

}  // namespace

void Sha256::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  STRATA_CHECK(context_ != nullptr, "out of memory");
  start();
}

void Sha256::start() {
  const int ok = EVP_DigestInit_ex2(context_.get(), algorithm(), nullptr);
  STRATA_CHECK(ok == 1, "EVP_DigestInit_ex2");
}

void Sha256::update(std::span<const std::byte> bytes) {
  const int ok = EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
  STRATA_CHECK(ok == 1, "EVP_DigestUpdate", bytes.size());
}

Sha256::Digest Sha256::finish() {
  Digest digest{};
  const int ok =
      EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(digest.data()), nullptr);
  STRATA_CHECK(ok == 1, "EVP_DigestFinal_ex");
  return digest;
}

std::string hexadecimal(const Sha256::Digest& digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * digest.size());
  for (const std::byte byte : digest) {
    text += kDigits[std::to_integer<std::size_t>(byte >> 4)];
    text += kDigits[std::to_integer<std::size_t>(byte & std::byte{15})];
  }
  return text;
}

}  // namespace strata
