// The trees of the workload forkjoin: what a node is, how many children it has, and what its leaves
// are worth. A shape knows nothing of units; whoever walks it decides what runs beside what.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace strata::trees {

// What a subtree amounts to.
struct Sum {
  std::uint64_t answer = 0;  // Over its leaves, modulo 2^64
  std::uint64_t nodes = 0;
  Sum& operator+=(const Sum& other) {
    answer += other.answer;
    nodes += other.nodes;
    return *this;
  }
};

// fib(n) by its definition: a node for each call, the leaves add up to fib(n). n <= 90.
struct Fib {
  struct Node {
    std::uint32_t n;
  };
  using Sums = std::array<Sum, 2>;
  std::uint32_t size;
  [[nodiscard]] Node root() const { return {size}; }
  [[nodiscard]] static std::uint32_t levels(const Node& node) { return node.n; }
  [[nodiscard]] static std::uint32_t children(const Node& node) { return node.n < 2 ? 0 : 2; }
  [[nodiscard]] static Node child(const Node& node, std::uint32_t i) { return {node.n - 1 - i}; }
  [[nodiscard]] static std::uint64_t leaf(const Node& node) { return node.n; }
};

// Ten children a node, 10^n leaves that are worth their number (github.com/atemerev/skynet).
// n <= 9.
struct Skynet {
  struct Node {
    std::uint64_t first;
    std::uint32_t levels;
    std::uint64_t leaves;
  };
  using Sums = std::array<Sum, 10>;
  std::uint32_t size;
  [[nodiscard]] Node root() const {
    Node node{0, size, 1};
    for (std::uint32_t i = 0; i < size; ++i) {
      node.leaves *= 10;
    }
    return node;
  }
  [[nodiscard]] static std::uint32_t levels(const Node& node) { return node.levels; }
  [[nodiscard]] static std::uint32_t children(const Node& node) {
    return node.levels == 0 ? 0 : 10;
  }
  [[nodiscard]] static Node child(const Node& node, std::uint32_t i) {
    return {node.first + i * (node.leaves / 10), node.levels - 1, node.leaves / 10};
  }
  [[nodiscard]] static std::uint64_t leaf(const Node& node) { return node.first; }
};

// Ways to place n queens: a node for each placement of the first rows, a child for each square of
// the next row that no queen attacks; complete ones are worth 1. n <= 16.
struct Queens {
  static constexpr std::uint32_t kMost = 16;
  struct Node {
    std::uint32_t left;                      // Rows without a queen
    std::uint32_t columns, rising, falling;  // Squares of the next row that are attacked, as bits
    std::uint32_t all;
  };
  using Sums = std::array<Sum, kMost>;
  std::uint32_t size;
  [[nodiscard]] Node root() const { return {size, 0, 0, 0, (1U << size) - 1}; }
  [[nodiscard]] static std::uint32_t levels(const Node& node) { return node.left; }
  [[nodiscard]] static std::uint32_t children(const Node& node) {
    return node.left == 0 ? 0 : static_cast<std::uint32_t>(__builtin_popcount(free(node)));
  }
  [[nodiscard]] static Node child(const Node& node, std::uint32_t i) {
    std::uint32_t squares = free(node);
    for (; i > 0; --i) {
      squares &= squares - 1;
    }
    const std::uint32_t square = squares & (~squares + 1);
    return {node.left - 1, node.columns | square, (node.rising | square) << 1U,
            (node.falling | square) >> 1U, node.all};
  }
  [[nodiscard]] static std::uint64_t leaf(const Node& node) { return node.left == 0 ? 1 : 0; }

 private:
  static std::uint32_t free(const Node& node) {
    return node.all & ~(node.columns | node.rising | node.falling);
  }
};

// The unbalanced tree search of Olivier et al. (LCPC 2006): each node's SHA-1 decides how many
// children it has, geometrically with mean 4 above level n and none at it. Nobody can cut such a
// tree fairly beforehand. Its T1 is n = 10: 4,130,071 nodes. n <= 12.
struct Uts {
  struct Node {
    std::array<unsigned char, 20> state;
    std::uint32_t levels;
  };
  using Sums = std::vector<Sum>;
  std::uint32_t size;
  [[nodiscard]] Node root() const;
  [[nodiscard]] static std::uint32_t levels(const Node& node) { return node.levels; }
  [[nodiscard]] static std::uint32_t children(const Node& node);
  [[nodiscard]] static Node child(const Node& node, std::uint32_t i);
  [[nodiscard]] static std::uint64_t leaf(const Node&) { return 1; }
};

// Makes room for the sums of so many children.
template <std::size_t kCount>
void reserve(std::array<Sum, kCount>&, std::uint32_t) {}
inline void reserve(std::vector<Sum>& sums, std::uint32_t count) { sums.resize(count); }

// By plain calls.
template <typename Shape>
Sum walk_plainly(const typename Shape::Node& node) {
  const std::uint32_t children = Shape::children(node);
  if (children == 0) {
    return {Shape::leaf(node), 1};
  }
  Sum sum{0, 1};
  for (std::uint32_t i = 0; i < children; ++i) {
    sum += walk_plainly<Shape>(Shape::child(node, i));
  }
  return sum;
}

}  // namespace strata::trees
