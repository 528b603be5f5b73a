#include "shared/workloads/trees.h"

#include <openssl/sha.h>

#include <algorithm>
#include <cmath>

namespace strata::trees {
namespace {

constexpr std::uint32_t kRootSeed = 19;  // T1's
constexpr double kMeanChildren = 4;
constexpr std::uint32_t kChildrenAtMost = 100;

void put_big_endian(std::uint32_t number, unsigned char* to) {
  for (int i = 0; i < 4; ++i) {
    to[i] = static_cast<unsigned char>(number >> (24 - 8 * i));
  }
}

}  // namespace

Uts::Node Uts::root() const {
  std::array<unsigned char, 20> seed{};
  put_big_endian(kRootSeed, &seed[16]);
  Node node{{}, size};
  SHA1(seed.data(), seed.size(), node.state.data());
  return node;
}

std::uint32_t Uts::children(const Node& node) {
  if (node.levels == 0) {
    return 0;
  }
  std::uint32_t bits = 0;
  for (std::size_t i = 16; i < 20; ++i) {
    bits = bits << 8U | node.state[i];
  }
  const double u = static_cast<double>(bits & 0x7fffffffU) / 2147483648.0;
  const double count = std::floor(std::log(1 - u) / std::log(1 - 1 / (1 + kMeanChildren)));
  return std::min(kChildrenAtMost, static_cast<std::uint32_t>(count));
}

Uts::Node Uts::child(const Node& node, std::uint32_t i) {
  std::array<unsigned char, 24> bytes{};
  std::copy(node.state.begin(), node.state.end(), bytes.begin());
  put_big_endian(i, &bytes[20]);
  Node made{{}, node.levels - 1};
  SHA1(bytes.data(), bytes.size(), made.state.data());
  return made;
}

}  // namespace strata::trees
