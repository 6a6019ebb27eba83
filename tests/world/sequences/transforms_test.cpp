#include "world/sequences/transforms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/support/error.h"
#include "text/symbols/symbol_tokenizer.h"

namespace manabi::world {
namespace {

std::string answer(const std::string& name, const LetterSequence& input) { return transform_answer(transform_named(name), input); }

TEST(SequenceTransforms, DoWhatTheirNamesSay) {
  const LetterSequence input = {2, 0, 2, 11, 5, 1};  // "caclfb"
  const std::map<std::string, std::string> expected = {
      {"copy", "caclfb."},         {"reverse", "bflcac."},  {"sort", "abccfl."},       {"sort_down", "lfccba."},
      {"next", "dbdagc."},         {"previous", "blbkea."}, {"third_next", "fdfcie."}, {"rotate_left", "aclfbc."},
      {"rotate_right", "bcaclf."}, {"halves", "lfbcac."},   {"swap", "aclcbf."},       {"deal", "ccfalb."},
      {"once", "calfb."},          {"mirror", "jljagk."},   {"first", "cccccc."},      {"double", "caccac."}};
  EXPECT_EQ(expected.size(), sequence_transforms().size());
  for (const auto& [name, output] : expected) EXPECT_EQ(answer(name, input), output) << name;
  EXPECT_EQ(answer("sort then reverse", input), answer("sort_down", input));
  EXPECT_EQ(answer("next then previous", input), answer("copy", input));
}

TEST(SequenceTransforms, AnUnknownNameGetsTheNearest) {
  EXPECT_THAT(test::fault_of([] { transform_named("revers"); }).hint, testing::HasSubstr("reverse"));
  EXPECT_THAT(test::fault_of([] { transform_named("sort then revers"); }).hint, testing::HasSubstr("reverse"));
}

TEST(TransformWorld, RowsSpellANameAnInputAndItsOutput) {
  const text::SymbolTokenizer tokenizer(transform_symbols());
  const TransformWorld world(5);
  ASSERT_EQ(world.vocabulary(), tokenizer.size());
  std::vector<int64_t> ids(static_cast<size_t>(world.length())), targets = ids;
  std::set<std::string> seen;
  for (int64_t row = 0; row < 400; ++row) {
    world.draw(7, row, {ids, targets});
    std::string text, told;
    for (size_t i = 0; i < ids.size(); ++i) {
      text += tokenizer.bytes_of(static_cast<text::TokenId>(ids[i]));
      if (targets[i] == kNotAsked) continue;
      told += tokenizer.bytes_of(static_cast<text::TokenId>(targets[i]));
      if (i + 1 < ids.size()) {
        EXPECT_EQ(targets[i], ids[i + 1]);
      }
    }
    const std::string name = text.substr(1, text.find(']') - 1);
    LetterSequence input;
    for (const char letter : text.substr(text.find(']') + 1, kTransformLength)) input.push_back(letter - 'a');
    EXPECT_TRUE(text.starts_with(transform_prompt(input, name)));
    ASSERT_EQ(std::ssize(told), world.asked());
    EXPECT_EQ(told, answer(name, input) + std::string(told.size() - answer(name, input).size(), '.'));
    seen.insert(name);
  }
  EXPECT_EQ(seen.size(), 16u);
}

TEST(TransformWorld, ARowIsAFunctionOfItsPlace) {
  const TransformWorld world(5), other(6);
  std::vector<int64_t> first(static_cast<size_t>(world.length())), second = first, third = first, targets = first;
  world.draw(1, 2, {first, targets});
  world.draw(1, 2, {second, targets});
  other.draw(1, 2, {third, targets});
  EXPECT_EQ(first, second);
  EXPECT_NE(first, third);
}

}  // namespace
}  // namespace manabi::world
