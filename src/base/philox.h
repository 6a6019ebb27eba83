// The block function under Rng: Philox 4x32 with 10 rounds (Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3").
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace manabi::base {

using PhiloxCounter = std::array<uint32_t, 4>;
using PhiloxKey = std::array<uint32_t, 2>;

// A keyed bijection of 128 bits whose outputs over counters 0, 1, 2, ... pass the statistical batteries.
constexpr PhiloxCounter philox_4x32_10(PhiloxCounter counter, PhiloxKey key) {
  constexpr uint64_t kMultiplier0 = 0xd2511f53, kMultiplier1 = 0xcd9e8d57;
  constexpr uint32_t kWeyl0 = 0x9e3779b9, kWeyl1 = 0xbb67ae85;
  constexpr int kRounds = 10;
  for (int round = 0; round < kRounds; ++round) {
    const uint64_t product0 = kMultiplier0 * counter[0];
    const uint64_t product1 = kMultiplier1 * counter[2];
    counter = {static_cast<uint32_t>(product1 >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(product1),
               static_cast<uint32_t>(product0 >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(product0)};
    key = {key[0] + kWeyl0, key[1] + kWeyl1};
  }
  return counter;
}

// The same of many counters at once, word by word: word[i][lane] is word i of the counter of a lane.
template <size_t kLanes>
constexpr void philox_4x32_10_lanes(std::array<std::array<uint32_t, kLanes>, 4>& word, PhiloxKey key) {
  constexpr uint64_t kMultiplier0 = 0xd2511f53, kMultiplier1 = 0xcd9e8d57;
  constexpr uint32_t kWeyl0 = 0x9e3779b9, kWeyl1 = 0xbb67ae85;
  constexpr int kRounds = 10;
  for (int round = 0; round < kRounds; ++round, key = {key[0] + kWeyl0, key[1] + kWeyl1})
    for (size_t lane = 0; lane < kLanes; ++lane) {
      const uint64_t product0 = kMultiplier0 * word[0][lane];
      const uint64_t product1 = kMultiplier1 * word[2][lane];
      const uint32_t second = word[1][lane], fourth = word[3][lane];
      word[0][lane] = static_cast<uint32_t>(product1 >> 32) ^ second ^ key[0];
      word[1][lane] = static_cast<uint32_t>(product1);
      word[2][lane] = static_cast<uint32_t>(product0 >> 32) ^ fourth ^ key[1];
      word[3][lane] = static_cast<uint32_t>(product0);
    }
}

}  // namespace manabi::base
