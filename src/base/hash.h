// Content hashes: what a cell's key and an artifact's name are made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace manabi::base {

// SHA-256 as 64 lower-case hex digits.
std::string sha256(std::string_view bytes);
std::string sha256(std::span<const std::byte> bytes);
std::string sha256_of_file(const std::string& path);

// A fast 64-bit mixing hash for streams and tables; stable across machines and versions.
uint64_t mix64(uint64_t value);
uint64_t hash64(std::string_view bytes, uint64_t seed = 0);

}  // namespace manabi::base
