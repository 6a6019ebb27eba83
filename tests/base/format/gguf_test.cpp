#include "base/format/gguf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "tests/support/error.h"
#include "tests/support/gguf_writer.h"
#include "tests/support/temporary_folder.h"

namespace manabi::base {
namespace {

using test::error_of;
using test::GgufWriter;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr uint32_t kFlag = 7;  // the number of this kind of value

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

// What the reader says about a file of these bytes, on a heap block of exactly their size so that a sanitizer sees any step past the end.
std::string complaint(const std::string& file) {
  const std::vector<std::byte> exact(bytes_of(file).begin(), bytes_of(file).end());
  return error_of([&] { parse_gguf(exact, "m.gguf"); });
}

// A small file with a key of every kind and tensors of several types.
GgufWriter small_file() {
  GgufWriter writer;
  writer.key("u8", uint8_t{200});
  writer.key("i8", int8_t{-100});
  writer.key("u16", uint16_t{60000});
  writer.key("i16", int16_t{-30000});
  writer.key("u32", uint32_t{4000000000});
  writer.key("i32", int32_t{-2000000000});
  writer.key("u64", uint64_t{9223372036854775807u});
  writer.key("i64", int64_t{-9223372036854775807});
  writer.key("f32", 0.5f);
  writer.key("f64", 0.1);
  writer.key("yes", true);
  writer.key("no", false);
  writer.key("text", "学び");
  writer.key("empty", "");
  writer.array("integers", std::vector<uint16_t>{1, 2, 65535});
  writer.array("signed", std::vector<int8_t>{-1, 0, 1});
  writer.array("floats", std::vector<float>{0.5f, -2});
  writer.array("doubles", std::vector<double>{0.1});
  writer.array("flags", std::vector<bool>{true, false});
  writer.array("texts", std::vector<std::string>{"a", "", "bc"});
  writer.array("nothing", std::vector<int32_t>{});
  writer.tensor("matrix", {2, 3}, {1, 2, 3, 4, 5, 6});
  writer.tensor("scalar", {}, {7});
  writer.tensor("blocks", {3, 64}, GgufType::q4_1, std::string(3 * 2 * 20, 'q'));
  writer.tensor("hollow", {0, 5}, std::vector<float>{});
  return writer;
}

TEST(Gguf, ReadsKeysOfEveryKind) {
  const test::TemporaryFolder folder;
  const GgufFile file(folder.write("m.gguf", small_file().bytes()));
  EXPECT_EQ(file.keys().size(), 21u);
  EXPECT_EQ(file.integer("u8"), 200);
  EXPECT_EQ(file.integer("i8"), -100);
  EXPECT_EQ(file.integer("u16"), 60000);
  EXPECT_EQ(file.integer("i16"), -30000);
  EXPECT_EQ(file.integer("u32"), 4000000000);
  EXPECT_EQ(file.integer("i32"), -2000000000);
  EXPECT_EQ(file.integer("u64"), 9223372036854775807);
  EXPECT_EQ(file.integer("i64"), -9223372036854775807);
  EXPECT_EQ(file.number("f32"), 0.5);
  EXPECT_EQ(file.number("f64"), 0.1);
  EXPECT_TRUE(file.flag("yes", false));
  EXPECT_FALSE(file.flag("no", true));
  EXPECT_EQ(file.text("text"), "学び");
  EXPECT_EQ(file.text("empty"), "");
  EXPECT_THAT(file.integers("integers"), ElementsAre(1, 2, 65535));
  EXPECT_THAT(file.integers("signed"), ElementsAre(-1, 0, 1));
  EXPECT_THAT(file.numbers("floats"), ElementsAre(0.5, -2));
  EXPECT_THAT(file.numbers("doubles"), ElementsAre(0.1));
  EXPECT_THAT(file.texts("texts"), ElementsAre("a", "", "bc"));
  EXPECT_THAT(file.integers("nothing"), IsEmpty());
  EXPECT_THAT(std::get<std::vector<bool>>(std::get<GgufArray>(file.keys().at("flags"))), ElementsAre(true, false));
}

TEST(Gguf, ReadsTensorsRowMajor) {
  const test::TemporaryFolder folder;
  const GgufFile file(folder.write("m.gguf", small_file().bytes()));
  ASSERT_EQ(file.tensors().size(), 4u);
  const GgufTensor& matrix = *file.find("matrix");
  EXPECT_THAT(matrix.shape, ElementsAre(2, 3));
  EXPECT_EQ(matrix.type, GgufType::f32);
  const std::vector<float> expected = {1, 2, 3, 4, 5, 6};
  ASSERT_EQ(matrix.bytes.size(), sizeof(float) * expected.size());
  EXPECT_EQ(std::memcmp(matrix.bytes.data(), expected.data(), matrix.bytes.size()), 0);
  EXPECT_THAT(file.find("scalar")->shape, IsEmpty());
  EXPECT_EQ(file.find("scalar")->bytes.size(), 4u);
  EXPECT_EQ(file.find("blocks")->bytes.size(), 120u);
  EXPECT_EQ(file.find("blocks")->bytes[119], std::byte{'q'});
  EXPECT_TRUE(file.find("hollow")->bytes.empty());
  EXPECT_EQ(file.find("none"), nullptr);
}

TEST(Gguf, EveryEncodingHasItsSize) {
  const std::tuple<GgufType, const char*, uint64_t, uint64_t> encodings[] = {
      {GgufType::f32, "F32", 1, 4},       {GgufType::f16, "F16", 1, 2},      {GgufType::bf16, "BF16", 1, 2},   {GgufType::q4_0, "Q4_0", 32, 18},
      {GgufType::q4_1, "Q4_1", 32, 20},   {GgufType::q5_0, "Q5_0", 32, 22},  {GgufType::q5_1, "Q5_1", 32, 24}, {GgufType::q8_0, "Q8_0", 32, 34},
      {GgufType::q4_k, "Q4_K", 256, 144}, {GgufType::q6_k, "Q6_K", 256, 210}};
  for (const auto& [type, name, columns, bytes] : encodings) {
    EXPECT_EQ(gguf_type_name(type), name);
    GgufWriter writer;
    const std::string data(2 * 3 * bytes, 'x');
    writer.tensor("w", {2, 3 * columns}, type, data);
    const std::string file = writer.bytes();
    EXPECT_EQ(parse_gguf(bytes_of(file), "f").tensors.at(0).bytes.size(), data.size()) << name;
  }
}

TEST(Gguf, ATensorOfAForeignTypeIsListedWithoutBytes) {
  GgufWriter writer;
  writer.tensor("odd", {1, 7}, GgufType{99}, "1234");
  const std::string file = writer.bytes();
  const GgufTensor tensor = parse_gguf(bytes_of(file), "f").tensors.at(0);
  EXPECT_EQ(gguf_type_name(tensor.type), "type 99");
  EXPECT_THAT(tensor.shape, ElementsAre(1, 7));
  EXPECT_TRUE(tensor.bytes.empty());
}

TEST(Gguf, Version2IsReadLikeVersion3) {
  GgufWriter writer = small_file();
  writer.version = 2;
  EXPECT_EQ(complaint(writer.bytes()), "");
}

TEST(Gguf, AFileOfNothingIsFine) {
  EXPECT_EQ(complaint(GgufWriter().bytes()), "");
  EXPECT_EQ(complaint(GgufWriter().bytes().substr(0, 24)), "");  // without padding, as there is no data
}

TEST(Gguf, AlignmentIsHonoured) {
  GgufWriter writer;
  writer.alignment = 128;
  writer.key("general.alignment", uint32_t{128});
  writer.tensor("a", {1}, {1});
  writer.tensor("b", {1}, {2});
  const std::string file = writer.bytes();
  const GgufContents contents = parse_gguf(bytes_of(file), "f");
  EXPECT_EQ((contents.tensors[0].bytes.data() - bytes_of(file).data()) % 128, 0);
  float second;
  std::memcpy(&second, contents.tensors[1].bytes.data(), sizeof second);
  EXPECT_EQ(second, 2);
}

TEST(GgufKeys, MissingKeysNameFileKeyAndNeighbour) {
  const test::TemporaryFolder folder;
  GgufWriter writer;
  writer.key("llama.block_count", uint32_t{1});
  const std::string path = folder.write("m.gguf", writer.bytes());
  const GgufFile file(path);
  EXPECT_EQ(error_of([&] { file.integer("llama.block_cuont"); }),
            path + ": key 'llama.block_cuont' is missing\n  hint: the nearest key there is 'llama.block_count'");
  EXPECT_EQ(error_of([&] { file.text("tokenizer.ggml.model"); }), path + ": key 'tokenizer.ggml.model' is missing");
}

TEST(GgufKeys, DefaultsServeMissingKeysAlone) {
  const test::TemporaryFolder folder;
  const GgufFile file(folder.write("m.gguf", small_file().bytes()));
  EXPECT_EQ(file.integer("none", 5), 5);
  EXPECT_EQ(file.number("none", 0.5), 0.5);
  EXPECT_EQ(file.text("none", "x"), "x");
  EXPECT_TRUE(file.flag("none", true));
  EXPECT_EQ(file.integer("u8", 5), 200);
  EXPECT_EQ(file.number("u8"), 200);
  EXPECT_THAT(file.numbers("integers"), ElementsAre(1, 2, 65535));
  EXPECT_TRUE(file.has("u8"));
  EXPECT_FALSE(file.has("none"));
  EXPECT_THAT(error_of([&] { file.integer("text", 5); }), HasSubstr("key 'text' holds a text"));
}

TEST(GgufKeys, AKeyOfAnotherKindIsRefusedByName) {
  const test::TemporaryFolder folder;
  const std::string path = folder.write("m.gguf", small_file().bytes());
  const GgufFile file(path);
  EXPECT_EQ(error_of([&] { file.integer("f32"); }), path + ": key 'f32' holds a number\n  expected: an integer");
  EXPECT_EQ(error_of([&] { file.number("yes"); }), path + ": key 'yes' holds a flag\n  expected: a number");
  EXPECT_EQ(error_of([&] { file.text("u8"); }), path + ": key 'u8' holds an integer\n  expected: a text");
  EXPECT_EQ(error_of([&] { file.flag("u8", true); }), path + ": key 'u8' holds an integer\n  expected: a flag (true or false)");
  EXPECT_EQ(error_of([&] { file.texts("text"); }), path + ": key 'text' holds a text\n  expected: an array of texts");
  EXPECT_EQ(error_of([&] { file.texts("flags"); }), path + ": key 'flags' holds an array of flags\n  expected: an array of texts");
  EXPECT_EQ(error_of([&] { file.integers("floats"); }), path + ": key 'floats' holds an array of numbers\n  expected: an array of integers");
  EXPECT_EQ(error_of([&] { file.numbers("texts"); }), path + ": key 'texts' holds an array of texts\n  expected: an array of numbers");
  EXPECT_EQ(error_of([&] { file.number("integers"); }), path + ": key 'integers' holds an array of integers\n  expected: a number");
}

// The padding behind the last tensor may be missing; every other cut is an error that names the file.
TEST(GgufLies, EveryTruncationIsRefused) {
  const std::string whole = small_file().bytes();
  const GgufContents contents = parse_gguf(bytes_of(whole), "f");
  size_t needed = 0;
  for (const GgufTensor& tensor : contents.tensors)
    needed = std::max(needed, tensor.bytes.data() + tensor.bytes.size() - bytes_of(whole).data() + size_t{0});
  for (size_t length = 0; length < needed; ++length) ASSERT_THAT(complaint(whole.substr(0, length)), StartsWith("m.gguf: ")) << length;
  EXPECT_EQ(complaint(whole.substr(0, needed)), "");
}

TEST(GgufLies, TruncationsNameWhatWasBeingRead) {
  EXPECT_EQ(complaint(""),
            "m.gguf: the header is cut off: 4 bytes are needed at offset 0 of a file of 0\n"
            "  hint: the file is damaged or its download was not finished");
  GgufWriter writer;
  writer.key("name", "value");
  writer.key_count = 1;
  EXPECT_THAT(complaint(writer.bytes().substr(0, 24 + 8 + 4 + 4 + 8 + 2)),
              HasSubstr("key 'name' is cut off: 5 bytes are needed at offset 48 of a file of 50"));
}

TEST(GgufLies, OtherMagicsVersionsAndByteOrdersAreRefused) {
  GgufWriter writer = small_file();
  writer.magic = "GGML";
  EXPECT_EQ(complaint(writer.bytes()), "m.gguf: the header begins with 'GGML'\n  expected: a GGUF file, which begins with 'GGUF'");
  writer.magic = "FUGG";
  EXPECT_THAT(complaint(writer.bytes()), StartsWith("m.gguf: the header is big-endian\n  expected: a little-endian GGUF file"));
  writer.magic = "GGUF";
  writer.version = 0x03000000;
  EXPECT_THAT(complaint(writer.bytes()), HasSubstr("the header is big-endian"));
  for (const uint32_t version : {0u, 1u, 4u, 4294967295u}) {
    writer.version = version;
    EXPECT_THAT(complaint(writer.bytes()),
                HasSubstr("the header says GGUF version " + std::to_string(version) + "\n  expected: version 2 or 3"));
  }
}

TEST(GgufLies, AbsurdCountsAreRefusedBeforeAnythingIsAllocated) {
  for (const uint64_t count : {uint64_t{1000}, uint64_t{1} << 32, uint64_t{1} << 60, ~uint64_t{0}}) {
    GgufWriter tensors = small_file(), keys = small_file();
    tensors.tensor_count = count;
    keys.key_count = count;
    EXPECT_THAT(complaint(tensors.bytes()), HasSubstr("the header announces " + std::to_string(count) + " tensors, which do not fit into"));
    EXPECT_THAT(complaint(keys.bytes()), HasSubstr("the header announces " + std::to_string(count) + " keys, which do not fit into"));
    for (uint32_t kind = 0; kind <= 12; ++kind) {
      if (kind == GgufWriter::kArray) continue;
      GgufWriter array;
      array.raw_key("a", GgufWriter::kArray, GgufWriter::plain_bytes(kind) + GgufWriter::plain_bytes(count));
      EXPECT_THAT(complaint(array.bytes()), HasSubstr("key 'a' announces " + std::to_string(count) + " elements")) << kind;
    }
  }
}

TEST(GgufLies, LengthsPastTheEndAreRefused) {
  for (const uint64_t length : {uint64_t{1000}, uint64_t{1} << 60, ~uint64_t{0}}) {
    GgufWriter value;
    value.raw_key("k", GgufWriter::kText, GgufWriter::plain_bytes(length) + "abc");
    EXPECT_THAT(complaint(value.bytes()), HasSubstr("key 'k' is cut off: " + std::to_string(length) + " bytes are needed"));
    GgufWriter element;
    element.raw_key("k", GgufWriter::kArray,
                    GgufWriter::plain_bytes(GgufWriter::kText) + GgufWriter::plain_bytes(uint64_t{1}) + GgufWriter::plain_bytes(length));
    EXPECT_THAT(complaint(element.bytes()), HasSubstr("key 'k' is cut off: " + std::to_string(length) + " bytes are needed"));
    GgufWriter counted = small_file();
    std::string name = counted.bytes();
    name.replace(24, 8, GgufWriter::plain_bytes(length));
    EXPECT_THAT(complaint(name), HasSubstr("the name of key 1 of 21 is cut off: " + std::to_string(length) + " bytes are needed"));
  }
}

TEST(GgufLies, ACountThatIsOneTooHighReadsAnEmptyNameFromThePadding) {
  GgufWriter keys;
  keys.key("a", uint32_t{1});
  keys.key_count = 2;
  EXPECT_EQ(complaint(keys.bytes()), "m.gguf: the name of key 2 of 2 is empty");
  GgufWriter tensors;
  tensors.tensor("t", {1}, {0});
  tensors.tensor_count = 2;
  EXPECT_EQ(complaint(tensors.bytes()), "m.gguf: the name of tensor 2 of 2 is empty");
}

TEST(GgufLies, ValuesOutsideTheirKindAreRefused) {
  GgufWriter large;
  large.key("big", uint64_t{1} << 63);
  EXPECT_EQ(complaint(large.bytes()), "m.gguf: key 'big' holds 9223372036854775808\n  expected: an integer below 2^63");
  GgufWriter flag;
  flag.raw_key("flag", kFlag, "\2");
  EXPECT_EQ(complaint(flag.bytes()), "m.gguf: key 'flag' holds the flag 2\n  expected: 0 or 1");
  GgufWriter kind;
  kind.raw_key("odd", 13, "12345678");
  EXPECT_EQ(complaint(kind.bytes()), "m.gguf: key 'odd' has the unknown kind 13\n  expected: a kind from 0 to 12");
  GgufWriter element;
  element.raw_key("odd", GgufWriter::kArray, GgufWriter::plain_bytes(uint32_t{77}) + GgufWriter::plain_bytes(uint64_t{1}) + "12345678");
  EXPECT_EQ(complaint(element.bytes()), "m.gguf: key 'odd' has the unknown kind 77\n  expected: a kind from 0 to 12");
}

TEST(GgufLies, ArraysOfArraysAreRefused) {
  GgufWriter writer;
  writer.raw_key("deep", GgufWriter::kArray, GgufWriter::plain_bytes(GgufWriter::kArray) + GgufWriter::plain_bytes(uint64_t{1}));
  EXPECT_EQ(complaint(writer.bytes()), "m.gguf: key 'deep' is an array of arrays\n  expected: an array of numbers, flags or texts");
}

TEST(GgufLies, NamesOccurOnce) {
  GgufWriter keys;
  keys.key("same", uint32_t{1});
  keys.key("same", uint32_t{1});
  EXPECT_EQ(complaint(keys.bytes()), "m.gguf: key 'same' occurs twice");
  GgufWriter tensors;
  tensors.tensor("same", {1}, {1});
  tensors.tensor("same", {1}, {1});
  EXPECT_EQ(complaint(tensors.bytes()), "m.gguf: tensor 'same' occurs twice");
}

TEST(GgufLies, ShapesAreBounded) {
  GgufWriter deep;
  deep.tensor("w", {1, 1, 1, 1, 1}, {1});
  EXPECT_EQ(complaint(deep.bytes()), "m.gguf: tensor 'w' has 5 dimensions\n  expected: at most 4");
  GgufWriter huge;
  huge.tensor("w", {uint64_t{1} << 32, uint64_t{1} << 32}, {1});
  EXPECT_EQ(complaint(huge.bytes()), "m.gguf: tensor 'w' has the shape [4294967296, 4294967296]\n  expected: fewer than 2^63 elements");
  GgufWriter wide;
  wide.tensor("w", {uint64_t{1} << 63}, {1});
  EXPECT_EQ(complaint(wide.bytes()), "m.gguf: tensor 'w' holds 9223372036854775808\n  expected: an integer below 2^63");
  GgufWriter heavy;
  heavy.tensor("w", {uint64_t{1} << 62}, {1});
  EXPECT_EQ(complaint(heavy.bytes()), "m.gguf: tensor 'w' has the shape [4611686018427387904]\n  expected: fewer than 2^64 bytes");
  GgufWriter ragged;
  ragged.tensor("w", {2, 40}, GgufType::q8_0, std::string(100, 'x'));
  EXPECT_EQ(complaint(ragged.bytes()), "m.gguf: tensor 'w' has 40 columns of type Q8_0\n  expected: a multiple of 32");
}

TEST(GgufLies, TensorsLieInsideTheFile) {
  GgufWriter behind;
  behind.tensor("w", {4}, GgufType::f32, std::string(16, 'x'), 1024);
  EXPECT_THAT(
      complaint(behind.bytes()),
      StartsWith("m.gguf: tensor 'w' takes 16 bytes at offset 1024 of the 32 bytes of tensor data\n  expected: a place inside the file"));
  GgufWriter far;
  far.tensor("w", {4}, GgufType::f32, std::string(16, 'x'), ~uint64_t{31});
  EXPECT_THAT(complaint(far.bytes()), HasSubstr("tensor 'w' takes 16 bytes at offset 18446744073709551584"));
  GgufWriter foreign;
  foreign.tensor("w", {4}, GgufType{99}, "x", 1024);
  EXPECT_THAT(complaint(foreign.bytes()), HasSubstr("tensor 'w' takes 0 bytes at offset 1024"));
}

TEST(GgufLies, TensorsAreAligned) {
  GgufWriter writer;
  writer.tensor("w", {4}, GgufType::f32, std::string(64, 'x'), 16);
  EXPECT_EQ(complaint(writer.bytes()), "m.gguf: tensor 'w' begins at offset 16\n  expected: a multiple of the alignment 32");
}

TEST(GgufLies, TensorsDoNotOverlap) {
  GgufWriter writer;
  writer.tensor("first", {16}, GgufType::f32, std::string(64, 'x'));
  writer.tensor("second", {16}, GgufType::f32, std::string(64, 'x'), 32);
  EXPECT_EQ(complaint(writer.bytes()), "m.gguf: tensor 'second' overlaps tensor 'first'\n  expected: tensors that lie one behind the other");
  GgufWriter same;
  same.tensor("first", {4}, GgufType::f32, std::string(16, 'x'), 0);
  same.tensor("second", {4}, GgufType::f32, std::string(16, 'x'), 0);
  EXPECT_THAT(complaint(same.bytes()), HasSubstr("overlaps tensor"));
  GgufWriter inside;
  inside.tensor("large", {64}, GgufType::f32, std::string(256, 'x'), 0);
  inside.tensor("foreign", {4}, GgufType{99}, std::string(16, 'x'), 64);
  EXPECT_THAT(complaint(inside.bytes()), HasSubstr("tensor 'foreign' overlaps tensor 'large'"));
}

TEST(GgufLies, AlignmentIsAPowerOfTwo) {
  for (const uint32_t alignment : {0u, 3u, 48u}) {
    GgufWriter writer;
    writer.key("general.alignment", alignment);
    EXPECT_EQ(complaint(writer.bytes()), "m.gguf: key 'general.alignment' is " + std::to_string(alignment) + "\n  expected: a power of two");
  }
  GgufWriter text;
  text.key("general.alignment", "32");
  EXPECT_EQ(complaint(text.bytes()), "m.gguf: key 'general.alignment' is no integer\n  expected: a power of two");
}

TEST(GgufLies, AnAlignmentPastTheEndLeavesNoRoomForTensors) {
  GgufWriter writer;
  writer.key("general.alignment", uint64_t{1} << 62);
  writer.tensor("w", {1}, {1});
  EXPECT_THAT(complaint(writer.bytes()), HasSubstr("tensor 'w' takes 4 bytes at offset 0 of the 0 bytes of tensor data"));
}

// Whatever a flipped bit does, the reader answers with contents or with an error that names the file, and never reads outside.
TEST(GgufLies, EveryFlippedBitIsReadOrRefused) {
  const std::string whole = small_file().bytes();
  for (size_t at = 0; at < whole.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = whole;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      const std::string message = complaint(flipped);
      ASSERT_TRUE(message.empty() || message.starts_with("m.gguf: ")) << at << ": " << message;
    }
  }
}

TEST(GgufLies, NamesWithControlBytesAreEscapedInMessages) {
  GgufWriter writer;
  writer.raw_key(std::string("a\x1b[2J\xff", 6), 99, "");
  EXPECT_THAT(complaint(writer.bytes()), StartsWith("m.gguf: key 'a\\x1b[2J\\xff' has the unknown kind 99"));
}

}  // namespace
}  // namespace manabi::base
