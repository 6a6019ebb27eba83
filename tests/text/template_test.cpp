#include "text/template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/error.h"

namespace manabi::text {
namespace {

using ::testing::HasSubstr;

std::string name_in_brackets(const std::string& field) { return "[" + field + "]"; }

TEST(Template, FieldsAreReplacedAndLiteralsKept) {
  const Template prompt("{sentence}\nThe sentiment is{answer}.", "sst2");
  EXPECT_EQ(prompt.render(name_in_brackets), "[sentence]\nThe sentiment is[answer].");
  ASSERT_EQ(prompt.pieces().size(), 3u);
  EXPECT_EQ(prompt.pieces()[1].literal, "\nThe sentiment is");
  EXPECT_EQ(prompt.pieces()[1].field, "answer");
  EXPECT_EQ(prompt.pieces()[2].field, "");
}

TEST(Template, EmptyAndFieldlessTemplatesRenderAsThemselves) {
  EXPECT_EQ(Template("", "t").render(name_in_brackets), "");
  EXPECT_EQ(Template("no field", "t").render(name_in_brackets), "no field");
}

TEST(Template, DoubledBracesAreLiteral) { EXPECT_EQ(Template("{{{x}}} {{}}", "t").render(name_in_brackets), "{[x]} {}"); }

TEST(Template, AValueIsNeverReadAsTemplate) {
  EXPECT_EQ(Template("{x}", "t").render([](const std::string&) { return std::string("{y} {{"); }), "{y} {{");
}

TEST(Template, BeforeAndAfterSplitAtTheField) {
  const Template prompt("{{Q}} {question}\nA:{answer}\n\n", "t");
  EXPECT_EQ(prompt.before("answer").render(name_in_brackets), "{Q} [question]\nA:");
  EXPECT_EQ(prompt.after("answer").render(name_in_brackets), "\n\n");
  EXPECT_EQ(
      prompt.before("question").render(name_in_brackets) + name_in_brackets("question") + prompt.after("question").render(name_in_brackets),
      prompt.render(name_in_brackets));
}

TEST(Template, UnclosedAndStrayBracesAreErrorsWithTheirColumn) {
  EXPECT_THAT(test::error_of([] { Template("ab {x", "sst2.toml: template"); }), HasSubstr("sst2.toml: template: column 4: '{' is never closed"));
  EXPECT_THAT(test::error_of([] { Template("{a {b}", "t"); }), HasSubstr("column 1: '{' is never closed"));
  EXPECT_THAT(test::error_of([] { Template("ab}", "t"); }), HasSubstr("column 3: '}' closes no field"));
  EXPECT_THAT(test::error_of([] { Template("a{}", "t"); }), HasSubstr("column 2: '{}' names no field"));
}

TEST(Template, ColumnsCountCharactersNotBytes) {
  EXPECT_THAT(test::error_of([] { Template("学び{x", "t"); }), HasSubstr("column 3"));
}

TEST(Template, AnUnknownFieldNamesTheNearestOne) {
  const Template prompt("Review: {sentense}", "my.toml");
  const std::string message = test::error_of([&] { prompt.check_fields({"sentence", "answer"}); });
  EXPECT_THAT(message, HasSubstr("my.toml: column 9: unknown field {sentense}"));
  EXPECT_THAT(message, HasSubstr("did you mean 'sentence'?"));
  EXPECT_NO_THROW(prompt.check_fields({"sentense"}));
}

TEST(Template, SplittingNeedsTheFieldExactlyOnce) {
  EXPECT_THAT(test::error_of([] { Template("{x}", "t").before("answer"); }), HasSubstr("the template has no field {answer}"));
  EXPECT_THAT(test::error_of([] { Template("{x} {x}", "t").after("x"); }), HasSubstr("column 5: field {x} occurs twice"));
}

}  // namespace
}  // namespace manabi::text
