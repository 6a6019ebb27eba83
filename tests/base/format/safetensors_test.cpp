#include "base/format/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "tests/support/error.h"
#include "tests/support/temporary_folder.h"

namespace manabi::base {
namespace {

using test::error_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::StartsWith;

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string file_of(const std::string& header, const std::string& data, std::optional<uint64_t> length = std::nullopt) {
  const uint64_t announced = length.value_or(header.size());
  return std::string(reinterpret_cast<const char*>(&announced), sizeof announced) + header + data;
}

// What the reader says about a file of these bytes, on a heap block of exactly their size so that a sanitizer sees any step past the end.
std::string complaint(const std::string& file) {
  const std::vector<std::byte> exact(bytes_of(file).begin(), bytes_of(file).end());
  return error_of([&] { parse_safetensors(exact, "m.safetensors"); });
}

// The complaint about one tensor 'w' with this description over 8 bytes of data.
std::string complaint_about(const std::string& description) { return complaint(file_of("{\"w\":" + description + "}", "12345678")); }

const char* kTwoTensors =
    R"({"__metadata__":{"format":"pt"},"b":{"dtype":"F16","shape":[2],"data_offsets":[8,12]},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}})";

TEST(Safetensors, ReadsEntriesInTheOrderOfTheirBytes) {
  const test::TemporaryFolder folder;
  const SafetensorsFile file(folder.write("m", file_of(kTwoTensors, "abcdefghijkl")));
  EXPECT_THAT(file.metadata(), ElementsAre(Pair("format", "pt")));
  ASSERT_EQ(file.entries().size(), 2u);
  EXPECT_EQ(file.entries()[0].name, "a");
  EXPECT_EQ(file.entries()[0].dtype, "F32");
  EXPECT_THAT(file.entries()[0].shape, ElementsAre(1, 2));
  EXPECT_EQ(std::memcmp(file.entries()[0].bytes.data(), "abcdefgh", 8), 0);
  EXPECT_EQ(file.entries()[1].name, "b");
  EXPECT_EQ(std::memcmp(file.entries()[1].bytes.data(), "ijkl", 4), 0);
  EXPECT_EQ(file.path(), folder.path("m"));
}

TEST(Safetensors, ScalarsEmptyTensorsAndEmptyFilesAreFine) {
  EXPECT_EQ(complaint(file_of("{}", "")), "");
  EXPECT_EQ(complaint(file_of("{}   ", "")), "");
  EXPECT_EQ(complaint(file_of(R"({"s":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"e":{"dtype":"F32","shape":[0,3],"data_offsets":[8,8]},)"
                              R"("f":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}})",
                              "12345678")),
            "");
}

TEST(Safetensors, EveryDtypeHasItsSize) {
  for (const char* dtype : {"BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3"}) EXPECT_EQ(safetensors_element_bytes(dtype), 1) << dtype;
  for (const char* dtype : {"U16", "I16", "F16", "BF16"}) EXPECT_EQ(safetensors_element_bytes(dtype), 2) << dtype;
  for (const char* dtype : {"U32", "I32", "F32"}) EXPECT_EQ(safetensors_element_bytes(dtype), 4) << dtype;
  for (const char* dtype : {"U64", "I64", "F64", "C64"}) EXPECT_EQ(safetensors_element_bytes(dtype), 8) << dtype;
  EXPECT_EQ(safetensors_element_bytes("F33"), 0);
}

TEST(SafetensorsLies, EveryTruncationIsRefused) {
  const std::string whole = file_of(kTwoTensors, "abcdefghijkl");
  for (size_t length = 0; length < whole.size(); ++length)
    ASSERT_THAT(complaint(whole.substr(0, length)), StartsWith("m.safetensors")) << length;
  EXPECT_EQ(complaint(whole), "");
}

TEST(SafetensorsLies, EveryFlippedBitIsReadOrRefused) {
  const std::string whole = file_of(kTwoTensors, "abcdefghijkl");
  for (size_t at = 0; at < whole.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = whole;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      const std::string message = complaint(flipped);
      ASSERT_TRUE(message.empty() || message.starts_with("m.safetensors")) << at << ": " << message;
    }
  }
}

TEST(SafetensorsLies, TheHeaderLiesInTheFile) {
  EXPECT_THAT(complaint("1234567"), StartsWith("m.safetensors: has 7 bytes\n  expected: a header length in the first 8"));
  for (const uint64_t length : {uint64_t{3}, uint64_t{1} << 60, ~uint64_t{0}}) {
    EXPECT_THAT(complaint(file_of("{}", "", length)),
                StartsWith("m.safetensors: announces a header of " + std::to_string(length) + " bytes\n  expected: at most the 2 that follow"));
  }
}

TEST(SafetensorsLies, TheHeaderIsAnObjectOfTensors) {
  EXPECT_EQ(complaint(file_of("[]", "")), "m.safetensors: its header is no object\n  expected: a JSON object of tensors");
  EXPECT_THAT(complaint(file_of("{", "")), StartsWith("m.safetensors (header):1:2: "));
  EXPECT_THAT(complaint(file_of("", "")), StartsWith("m.safetensors (header):1:1: "));
  EXPECT_THAT(complaint(file_of("{\"\xff\":1}", "")), HasSubstr("byte 0xff at offset 2 is not UTF-8"));
  EXPECT_THAT(complaint_about("3"), StartsWith("m.safetensors: tensor 'w' is described by no object"));
}

TEST(SafetensorsLies, NamesOccurOnce) {
  const std::string entry = R"("w":{"dtype":"F64","shape":[1],"data_offsets":[0,8]})";
  EXPECT_THAT(complaint(file_of("{" + entry + "," + entry + "}", "12345678")), HasSubstr("has the key 'w' twice"));
}

TEST(SafetensorsLies, MetadataHoldsTexts) {
  for (const char* header : {R"({"__metadata__":3})", R"({"__metadata__":{"a":1}})"}) {
    EXPECT_EQ(complaint(file_of(header, "")), "m.safetensors: __metadata__ is not plain\n  expected: an object of texts");
  }
}

TEST(SafetensorsLies, TheDtypeIsKnown) {
  EXPECT_EQ(complaint_about(R"({"dtype":"F63","shape":[1],"data_offsets":[0,8]})"),
            "m.safetensors: tensor 'w' has the unknown dtype 'F63'\n  hint: did you mean 'F64'?");
  EXPECT_THAT(complaint_about(R"({"shape":[1],"data_offsets":[0,8]})"), StartsWith("m.safetensors: tensor 'w' has no dtype"));
  EXPECT_THAT(complaint_about(R"({"dtype":4,"shape":[1],"data_offsets":[0,8]})"), StartsWith("m.safetensors: tensor 'w' has no dtype"));
}

TEST(SafetensorsLies, ShapesAndOffsetsAreListsOfSizes) {
  for (const char* shape : {"null", "3", "[-1]", "[1.5]", "[\"1\"]", "[18446744073709551615]", "[[1]]"}) {
    EXPECT_THAT(complaint_about(std::string(R"({"dtype":"F64","data_offsets":[0,8],"shape":)") + shape + "}"),
                StartsWith("m.safetensors: tensor 'w' has no proper 'shape'\n  expected: a list of integers from 0 to 2^63 - 1"))
        << shape;
  }
  EXPECT_THAT(complaint_about(R"({"dtype":"F64","data_offsets":[0,8]})"), HasSubstr("has no proper 'shape'"));
  EXPECT_THAT(complaint_about(R"({"dtype":"F64","shape":[1]})"), HasSubstr("has no proper 'data_offsets'"));
  EXPECT_THAT(complaint_about(R"({"dtype":"F64","shape":[1],"data_offsets":[0,8,8]})"),
              HasSubstr("tensor 'w' has the data_offsets [0, 8, 8]\n  expected: [begin, end] with begin <= end"));
  EXPECT_THAT(complaint_about(R"({"dtype":"F64","shape":[1],"data_offsets":[8,0]})"), HasSubstr("has the data_offsets [8, 0]"));
}

TEST(SafetensorsLies, ShapeTimesDtypeIsTheNumberOfBytes) {
  EXPECT_EQ(complaint_about(R"({"dtype":"F32","shape":[3],"data_offsets":[0,8]})"),
            "m.safetensors: tensor 'w' has 8 bytes\n  expected: 12 bytes for shape [3] of F32");
  EXPECT_THAT(complaint_about(R"({"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]})"),
              HasSubstr("tensor 'w' has the shape [4294967296, 4294967296]\n  expected: extents from 0 on, fewer than 2^63 bytes in all"));
}

TEST(SafetensorsLies, TensorsLieInsideTheFileOneBehindTheOther) {
  EXPECT_THAT(complaint_about(R"({"dtype":"F64","shape":[2],"data_offsets":[0,16]})"),
              StartsWith("m.safetensors: tensor 'w' ends at byte 16 of the data\n  expected: at most 8"));
  EXPECT_THAT(complaint_about(R"({"dtype":"F64","shape":[1],"data_offsets":[9223372036854775799,9223372036854775807]})"),
              HasSubstr("ends at byte"));
  EXPECT_EQ(complaint(file_of(R"({"a":{"dtype":"U8","shape":[5],"data_offsets":[0,5]},"b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})",
                              "12345678")),
            "m.safetensors: tensor 'b' begins at byte 4, inside another tensor\n  expected: byte 5");
  EXPECT_EQ(complaint(file_of(R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})",
                              "12345678")),
            "m.safetensors: tensor 'b' leaves a hole before its first byte 4\n  expected: byte 3");
  EXPECT_EQ(complaint_about(R"({"dtype":"U8","shape":[7],"data_offsets":[0,7]})"),
            "m.safetensors: has 1 bytes behind its last tensor\n  expected: none\n  hint: the file is damaged");
}

TEST(WriteSafetensors, WhatIsWrittenIsReadBack) {
  const test::TemporaryFolder folder;
  const std::string path = folder.path("out.safetensors");
  const SafetensorsInput tensors[] = {{"half", "F16", {3}, bytes_of("abcdef")},
                                      {"wide", "F64", {1, 1}, bytes_of("ABCDEFGH")},
                                      {"empty", "I32", {2, 0}, {}},
                                      {"学び", "U8", {}, bytes_of("x")}};
  write_safetensors(path, tensors, {{"made by", "a test"}});
  const SafetensorsFile file(path);
  EXPECT_THAT(file.metadata(), ElementsAre(Pair("made by", "a test")));
  ASSERT_EQ(file.entries().size(), 4u);
  for (const SafetensorsInput& tensor : tensors) {
    const auto is_it = [&](const SafetensorsEntry& entry) { return entry.name == tensor.name; };
    const auto entry = std::find_if(file.entries().begin(), file.entries().end(), is_it);
    ASSERT_NE(entry, file.entries().end()) << tensor.name;
    EXPECT_EQ(entry->dtype, tensor.dtype);
    EXPECT_EQ(entry->shape, tensor.shape);
    EXPECT_THAT(entry->bytes, ::testing::ElementsAreArray(tensor.bytes));
  }
}

TEST(WriteSafetensors, TensorsAreAlignedToTheirElements) {
  const test::TemporaryFolder folder;
  const std::string path = folder.path("out.safetensors");
  const SafetensorsInput tensors[] = {{"a", "U8", {1}, bytes_of("a")},
                                      {"b", "F16", {1}, bytes_of("bb")},
                                      {"c", "F64", {1}, bytes_of("cccccccc")},
                                      {"d", "F32", {1}, bytes_of("dddd")}};
  write_safetensors(path, tensors);
  const SafetensorsFile file(path);
  for (const SafetensorsEntry& entry : file.entries()) {
    EXPECT_EQ((entry.bytes.data() - file.file().bytes().data()) % safetensors_element_bytes(entry.dtype), 0) << entry.name;
  }
}

TEST(WriteSafetensors, RefusesWhatCouldNotBeReadBack) {
  const test::TemporaryFolder folder;
  const std::string path = folder.path("out");
  const auto complaint_of = [&](std::vector<SafetensorsInput> tensors, std::map<std::string, std::string> metadata = {}) {
    const std::string message = error_of([&] { write_safetensors(path, tensors, metadata); });
    EXPECT_FALSE(std::filesystem::exists(path));
    return message;
  };
  EXPECT_EQ(complaint_of({{"w", "F32", {2}, bytes_of("abcd")}}), path + ": tensor 'w' has 4 bytes\n  expected: 8 bytes for shape [2] of F32");
  EXPECT_THAT(complaint_of({{"w", "float", {1}, bytes_of("abcd")}}), HasSubstr("tensor 'w' has the unknown dtype 'float'"));
  EXPECT_THAT(complaint_of({{"w", "F32", {-1}, {}}}), HasSubstr("tensor 'w' has the shape [-1]"));
  EXPECT_THAT(complaint_of({{"w", "U8", {0}, {}}, {"w", "U8", {0}, {}}}),
              HasSubstr("tensor 'w' cannot be written\n  expected: names that differ"));
  EXPECT_THAT(complaint_of({{"__metadata__", "U8", {0}, {}}}), HasSubstr("none that is __metadata__"));
  EXPECT_THAT(complaint_of({{"\xff", "U8", {0}, {}}}), HasSubstr("tensor '\\xff' cannot be written\n  expected: a name in UTF-8"));
  EXPECT_THAT(complaint_of({}, {{"a", "\xff"}}), HasSubstr("metadata 'a' cannot be written\n  expected: text in UTF-8"));
}

}  // namespace
}  // namespace manabi::base
