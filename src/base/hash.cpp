#include "base/hash.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "base/file.h"

namespace manabi::base {
namespace {

// libcrypto's SHA-256, fed piece by piece. A failure here is no mistake of the user's, hence not a base::Error.
class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) { check(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr)); }

  void add(std::span<const std::byte> bytes) { check(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size())); }

  std::string hex() {
    std::array<unsigned char, 32> digest;
    check(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr));
    std::string text;
    for (const unsigned char byte : digest) {
      text += "0123456789abcdef"[byte >> 4];
      text += "0123456789abcdef"[byte & 15];
    }
    return text;
  }

 private:
  static void check(bool is_done) {
    if (!is_done) throw std::runtime_error("libcrypto offers no SHA-256");
  }

  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

uint64_t little_endian_word(std::string_view bytes) {
  uint64_t word = 0;
  for (size_t i = 0; i < bytes.size(); ++i) word |= uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return word;
}

uint64_t little_endian_word8(const char* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

}  // namespace

std::string sha256(std::span<const std::byte> bytes) {
  Sha256 hash;
  hash.add(bytes);
  return hash.hex();
}

std::string sha256(std::string_view bytes) { return sha256(std::as_bytes(std::span(bytes))); }

std::string sha256_of_file(const std::string& path) {
  constexpr size_t kPiece = size_t{8} << 20;  // hashed pages are let go after each piece, so that a checkpoint never sits in memory whole
  const MappedFile file(path);
  const std::span<const std::byte> bytes = file.bytes();
  Sha256 hash;
  for (size_t begin = 0; begin < bytes.size(); begin += kPiece) {
    const size_t length = std::min(kPiece, bytes.size() - begin);
    hash.add(bytes.subspan(begin, length));
    file.release(begin, length);
  }
  return hash.hex();
}

// The output function of SplitMix64 (Steele, Lea, Flood 2014): a bijection of 64 bits.
uint64_t mix64(uint64_t value) {
  value += 0x9e3779b97f4a7c15u;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

uint64_t hash64(std::string_view bytes, uint64_t seed) {
  uint64_t state = mix64(seed ^ mix64(bytes.size()));  // the length keeps "a" and "a\0" apart
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) state = mix64(state ^ little_endian_word8(bytes.data()));
  return bytes.empty() ? state : mix64(state ^ little_endian_word(bytes));
}

}  // namespace manabi::base
