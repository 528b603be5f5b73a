// Ids that cannot be swapped for one another by accident.
#pragma once
#include <cstdint>

namespace strata {

enum class HostId : std::uint32_t {};
enum class WorkerId : std::uint32_t {};  // Counted over the whole cluster: host * P + place on it.
enum class ShardId : std::uint32_t {};

// The how-manieth process under one WorkerId. Starts at 1; each restart adds one.
using Epoch = std::uint32_t;
// The how-manieth lease of one shard. Starts at 1; each retry or speculative copy adds one.
using Attempt = std::uint32_t;

constexpr std::uint32_t value_of(HostId id) { return static_cast<std::uint32_t>(id); }
constexpr std::uint32_t value_of(WorkerId id) { return static_cast<std::uint32_t>(id); }
constexpr std::uint32_t value_of(ShardId id) { return static_cast<std::uint32_t>(id); }

}  // namespace strata
