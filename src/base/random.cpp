#include "base/random.h"

#include <cmath>
#include <numbers>
#include <numeric>

#include "base/hash.h"
#include "base/philox.h"

namespace manabi::base {
namespace {

// What is derived by name, what by number and what is drawn live under different keys, so that they never meet.
constexpr uint64_t kPurposeDomain = 0x6e616d6564737472u;
constexpr uint64_t kIndexDomain = 0x6e756d6265727374u;

std::array<uint32_t, 2> halves(uint64_t word) { return {static_cast<uint32_t>(word), static_cast<uint32_t>(word >> 32)}; }

// Philox over 64-bit words.
std::array<uint64_t, 2> block_at(uint64_t key, uint64_t stream, uint64_t counter) {
  const auto [counter_low, counter_high] = halves(counter);
  const auto [stream_low, stream_high] = halves(stream);
  const PhiloxCounter block = philox_4x32_10({counter_low, counter_high, stream_low, stream_high}, halves(key));
  return {block[0] | uint64_t{block[1]} << 32, block[2] | uint64_t{block[3]} << 32};
}

// Blocks at consecutive counters side by side, in loops over lanes that the compiler turns into vector instructions.
constexpr size_t kLanes = 16, kLaneNumbers = 4 * kLanes;

// GCC compiles what bears this once for each and picks by the processor; the numbers are the same.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define MANABI_VECTOR_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define MANABI_VECTOR_CLONES
#endif

// -> [lanes, 4]: what block_at gives at counter, counter + 1, ..., in 32-bit words.
MANABI_VECTOR_CLONES std::array<uint32_t, kLaneNumbers> lanes_at(uint64_t key, uint64_t stream, uint64_t counter) {
  std::array<std::array<uint32_t, kLanes>, 4> word;
  for (size_t lane = 0; lane < kLanes; ++lane) {
    const auto [low, high] = halves(counter + lane);
    word[0][lane] = low, word[1][lane] = high;
    word[2][lane] = halves(stream)[0], word[3][lane] = halves(stream)[1];
  }
  philox_4x32_10_lanes(word, halves(key));
  std::array<uint32_t, kLaneNumbers> words;
  for (size_t lane = 0; lane < kLanes; ++lane)
    for (size_t i = 0; i < 4; ++i) words[4 * lane + i] = word[i][lane];
  return words;
}

// Both halves from 64 bits. The logarithm is a double's: near 1 a float's steps are too coarse for small radii.
std::pair<float, float> box_muller(uint64_t bits, double deviation) {
  const double uniform = (static_cast<double>(bits >> 32) + 0.5) * 0x1p-32;
  const auto radius = static_cast<float>(deviation * std::sqrt(-2 * std::log(uniform)));
  const float angle = static_cast<float>(static_cast<uint32_t>(bits)) * static_cast<float>(2 * std::numbers::pi * 0x1p-32);
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

}  // namespace

Rng Rng::derived(uint64_t domain, uint64_t value) const {
  const auto [key, stream] = block_at(key_ ^ domain, stream_, value);
  return Rng(key, stream);
}

Rng Rng::child(std::string_view purpose) const { return derived(kPurposeDomain, hash64(purpose)); }
Rng Rng::child(uint64_t index) const { return derived(kIndexDomain, index); }

uint64_t Rng::bits() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  const auto [first, second] = block_at(key_, stream_, counter_++);
  spare_ = second;
  has_spare_ = true;
  return first;
}

// Multiply-shift with rejection (Lemire 2019, "Fast random integer generation in an interval").
uint64_t Rng::below(uint64_t limit) {
  using Wide = unsigned __int128;
  Wide product = Wide{bits()} * limit;
  if (static_cast<uint64_t>(product) < limit) {
    const uint64_t biased = -limit % limit;
    while (static_cast<uint64_t>(product) < biased) product = Wide{bits()} * limit;
  }
  return static_cast<uint64_t>(product >> 64);
}

double Rng::uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }

double Rng::normal() {
  const double radius = std::sqrt(-2 * std::log(1 - uniform()));
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

void Rng::add_normals(double deviation, std::span<float> into) {
  size_t i = 0;
  for (; i + 1 < into.size(); i += 2) {
    const auto [first, second] = box_muller(bits(), deviation);
    into[i] += first;
    into[i + 1] += second;
  }
  if (i < into.size()) into[i] += box_muller(bits(), deviation).first;
}

void Rng::fill_uniforms(float low, float high, std::span<float> into) {
  const float step = (high - low) * 0x1p-24F;
  const auto number = [&](uint32_t bits) { return low + step * static_cast<float>(bits >> 8); };
  has_spare_ = false;
  size_t done = 0;
  for (; done + kLaneNumbers <= into.size(); done += kLaneNumbers, counter_ += kLanes) {
    const auto words = lanes_at(key_, stream_, counter_);
    for (size_t i = 0; i < kLaneNumbers; ++i) into[done + i] = number(words[i]);
  }
  if (done == into.size()) return;
  const auto words = lanes_at(key_, stream_, counter_);
  const size_t left = into.size() - done;
  counter_ += (left + 3) / 4;
  for (size_t i = 0; i < left; ++i) into[done + i] = number(words[i]);
}

std::vector<int64_t> Rng::permutation(int64_t count) {
  std::vector<int64_t> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), int64_t{0});
  shuffle(std::span(order));
  return order;
}

}  // namespace manabi::base
