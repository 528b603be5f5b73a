// Random orders that are the same on every machine for the same seed.
//
// std::shuffle and std::uniform_int_distribution leave their algorithms to the library, so a stored
// seed would give other orders elsewhere. std::mt19937_64 itself is fixed by the standard to the
// bit; what is drawn from it is written here.
#pragma once
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace strata {

// Uniform in 0..bound-1, bound > 0: the lowest 2^64 mod bound numbers
// are drawn again.
std::uint64_t draw_below(std::mt19937_64& random, std::uint64_t bound);

// Fisher and Yates: place i, from the last down to 1, is swapped with draw_below(i + 1).
void shuffle(std::vector<std::size_t>& items, std::mt19937_64& random);

// `rounds` orders of the numbers 0..items-1, each a permutation, all out of one generator that was
// seeded with `seed`.
std::vector<std::vector<std::size_t>> round_orders(std::size_t items, std::size_t rounds,
                                                   std::uint64_t seed);

}  // namespace strata
