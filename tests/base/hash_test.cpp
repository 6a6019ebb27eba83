#include "base/hash.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <set>

#include "tests/support/error.h"
#include "tests/support/temporary_folder.h"

namespace manabi::base {
namespace {

using test::error_of;
using ::testing::HasSubstr;

// Vectors of FIPS 180-4's examples.
TEST(Sha256, MatchesThePublishedVectors) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(std::string(1000000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, OfAFileIsThatOfItsBytes) {
  const test::TemporaryFolder folder;
  for (const size_t size :
       {size_t{0}, size_t{1}, size_t{4096}, (size_t{8} << 20) - 1, size_t{8} << 20, (size_t{8} << 20) + 1, size_t{17} << 20}) {
    std::string bytes(size, '\0');
    for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 2654435761u >> 24);
    EXPECT_EQ(sha256_of_file(folder.write("file", bytes)), sha256(bytes)) << size;
  }
}

TEST(Sha256, OfAMissingFileNamesIt) {
  EXPECT_THAT(error_of([] { sha256_of_file("nowhere/weights.gguf"); }), HasSubstr("nowhere/weights.gguf: cannot open"));
}

TEST(Mix64, IsSplitMix64) { EXPECT_EQ(mix64(0), 0xe220a8397b1dcdafu); }

TEST(Mix64, FlipsHalfTheBitsWhenOneChanges) {
  double flipped = 0;
  for (uint64_t value = 0; value < 1000; ++value) {
    for (int bit = 0; bit < 64; ++bit) flipped += std::popcount(mix64(value) ^ mix64(value ^ (uint64_t{1} << bit)));
  }
  EXPECT_NEAR(flipped / 64000, 32, 0.1);
}

// Streams are named by these values: they may never change.
TEST(Hash64, KeepsItsValuesForEver) {
  EXPECT_EQ(hash64(""), 0xa706dd2f4d197e6fu);
  EXPECT_EQ(hash64("manabi"), 0x068c8268db4305b7u);
  EXPECT_EQ(hash64("a longer text of 28 bytes...", 5), 0xaa6a42a59ee8be8cu);
}

TEST(Hash64, DependsOnEveryByteLengthAndSeed) {
  std::set<uint64_t> hashes;
  size_t texts = 0;
  const auto add = [&](const std::string& text, uint64_t seed) {
    hashes.insert(hash64(text, seed));
    ++texts;
  };
  for (size_t length = 0; length < 40; ++length) {
    add(std::string(length, '\0'), 0);
    add(std::string(length, '\0'), 1);
    for (size_t changed = 0; changed < length; ++changed) {
      std::string text(length, '\0');
      text[changed] = 1;
      add(text, 0);
    }
  }
  EXPECT_EQ(hashes.size(), texts);
}

}  // namespace
}  // namespace manabi::base
