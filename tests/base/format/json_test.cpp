#include "base/format/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "base/error.h"
#include "tests/support/error.h"
#include "tests/support/temporary_folder.h"

namespace manabi::base {
namespace {

using test::error_of;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::StartsWith;

std::string parse_error(std::string_view text) {
  return error_of([&] { parse_json(text, "f.json"); });
}

TEST(ParseJson, AgreesWithThePlainParserOnEveryKindOfValue) {
  for (const char* text : {"null", "true", "false", "0", "-1", "18446744073709551615", "-9223372036854775808", "1.5", "-0.0", "1e-300", "\"\"",
                           R"("\u00e9\ud83d\ude00\n\u0000")", "[]", "{}", "[[],{},[{}]]", R"({"b":1,"a":[1,2,{"c":null}],"":{"b":1}})",
                           " \t\r\n[ 1 , 2 ] \n", "\xef\xbb\xbf[1]"}) {
    EXPECT_EQ(parse_json(text, "f").dump(), nlohmann::ordered_json::parse(text).dump()) << text;
  }
}

TEST(ParseJson, SyntaxErrorsCarryLineAndColumn) {
  EXPECT_THAT(parse_error(""), StartsWith("f.json:1:1: "));
  EXPECT_THAT(parse_error("[1,\n  2,,3]"), StartsWith("f.json:2:5: "));
  EXPECT_THAT(parse_error("{\"a\" 1}"), StartsWith("f.json:1:6: "));
  EXPECT_THAT(parse_error("[1] 2"), StartsWith("f.json:1:5: "));
  EXPECT_THAT(parse_error("[\"a\nb\"]"), HasSubstr("control character"));
}

TEST(ParseJson, ColumnsCountCharacters) { EXPECT_THAT(parse_error("[\"学び\" x]"), StartsWith("f.json:1:7: ")); }

TEST(ParseJson, MessagesAreFreeOfTheParsersOwnNumbers) {
  EXPECT_THAT(parse_error("[1,]"), AllOf(HasSubstr("unexpected ']'"), ::testing::Not(HasSubstr("json.exception"))));
  EXPECT_EQ(parse_error("[1e999]"), "f.json:1:6: number overflow parsing '1e999'");
}

// The parser stops behind the first byte of a character and quotes what it has read.
TEST(ParseJson, MessagesNeverHoldHalfACharacter) {
  EXPECT_THAT(parse_error("{\"a\"é"), AllOf(StartsWith("f.json:1:5: "), HasSubstr("'\"a\"\\xc3'")));
}

TEST(ParseJson, RefusesWhatIsNoJson) {
  for (const char* text : {"NaN", "Infinity", "01", "'a'", "[1,]", "{\"a\":1,}", "{1:2}", "\"\\ud800\"", "tru", "[", "{\"a\":"})
    EXPECT_NE(parse_error(text), "") << text;
}

TEST(ParseJson, InvalidUtf8IsRefusedWithItsOffset) {
  EXPECT_EQ(parse_error("[\"é\",\n\"\xff\"]"), "f.json:2:2: byte 0xff at offset 8 is not UTF-8\n  expected: text in UTF-8");
}

TEST(ParseJson, NestingStopsAt512) {
  const auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(parse_error(nested(512)), "");
  EXPECT_EQ(parse_error(nested(513)), "f.json:1:513: nested deeper than 512 levels");
  EXPECT_EQ(parse_error(std::string(10000000, '[')), "f.json:1:513: nested deeper than 512 levels");
}

TEST(ParseJson, ManyShallowContainersAreNotDeep) {
  std::string text = "[";
  for (int i = 0; i < 2000; ++i) text += "[{}],";
  EXPECT_EQ(parse_json(text + "0]", "f").size(), 2001u);
}

TEST(ParseJson, AKeyOccursOnceInAnObject) {
  EXPECT_EQ(parse_error("{\"a\": 1,\n \"a\": 2}"), "f.json:2:8: the object that ends here has the key 'a' twice");
  EXPECT_EQ(parse_error(R"([{"a":1},{"a":{"a":1}}])"), "");
}

// A list searched for every key would need minutes here.
TEST(ParseJson, ALargeVocabularyIsReadInLinearTime) {
  constexpr int kTokens = 200000;
  std::string text = "{";
  for (int i = 0; i < kTokens; ++i) text += "\"token" + std::to_string(i) + "\":" + std::to_string(i) + ",";
  text.back() = '}';
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(parse_json(text, "f").size(), static_cast<size_t>(kTokens));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(ReadJson, NamesTheFile) {
  const test::TemporaryFolder folder;
  const std::string path = folder.write("bad.json", "{");
  EXPECT_THAT(error_of([&] { read_json(path); }), StartsWith(path + ":1:2: "));
  EXPECT_EQ(read_json(folder.write("good.json", R"({"a":1})")).at("a"), 1);
}

std::vector<std::pair<int64_t, std::string>> lines_of(std::string_view text) {
  std::vector<std::pair<int64_t, std::string>> lines;
  for_each_json_line(text, "f.jsonl", [&](const Json& value, int64_t line) { lines.emplace_back(line, value.dump()); });
  return lines;
}

TEST(JsonLines, NumbersLinesFromOneAndSkipsBlankOnes) {
  EXPECT_THAT(lines_of("1\n\n  \t\r\n[2]\r\n{\"a\":3}"), ElementsAre(Pair(1, "1"), Pair(4, "[2]"), Pair(5, "{\"a\":3}")));
  EXPECT_THAT(lines_of(""), ElementsAre());
  EXPECT_THAT(lines_of("\n\n"), ElementsAre());
}

TEST(JsonLines, ErrorsCarryLineColumnAndTheOffsetInTheFile) {
  EXPECT_THAT(error_of([] { lines_of("1\n\n[2,,]\n"); }), StartsWith("f.jsonl:3:4: "));
  EXPECT_THAT(error_of([] { lines_of("1\n2\n\"\xff\"\n"); }), StartsWith("f.jsonl:3:2: byte 0xff at offset 5 is not UTF-8"));
}

TEST(JsonLines, ADocumentOverSeveralLinesIsRefused) {
  EXPECT_THAT(error_of([] { lines_of("[1,\n2]"); }), StartsWith("f.jsonl:1:4: "));
}

TEST(JsonLines, ErrorsOfTheCallerPassThrough) {
  const auto complain = [](const Json&, int64_t) { throw Error({.where = "mine", .given = "bad", .expected = "", .hint = ""}); };
  EXPECT_EQ(error_of([&] { for_each_json_line("1", "f", complain); }), "mine: bad");
}

}  // namespace
}  // namespace manabi::base
