#include "world/mappings/mapping_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "tests/support/error.h"
#include "text/symbols/symbol_tokenizer.h"
#include "world/mappings/letter_tasks.h"

namespace manabi::world {
namespace {

using testing::HasSubstr;

std::shared_ptr<const text::Tokenizer> letters() { return std::make_shared<text::SymbolTokenizer>(letter_symbols()); }

struct Drawn {
  std::vector<int64_t> ids, targets;
  std::string text;
};

Drawn draw(const MappingWorld& world, const text::Tokenizer& tokenizer, int64_t step, int64_t row) {
  const auto length = static_cast<size_t>(world.length());
  Drawn drawn{.ids = std::vector<int64_t>(length), .targets = std::vector<int64_t>(length)};
  world.draw(step, row, {.ids = drawn.ids, .targets = drawn.targets});
  for (const int64_t id : drawn.ids) drawn.text += tokenizer.bytes_of(static_cast<text::TokenId>(id));
  return drawn;
}

TEST(MappingWorld, RowsAreExamplesOfOneTaskWhoseOutputsAreAsked) {
  const auto tokenizer = letters();
  const std::vector<MappingTask> tasks = letter_curriculum(2, 5);
  const MappingWorld world(tasks, tokenizer, 6, 1);
  EXPECT_EQ(world.length(), 6 * 11);  // "example:a,b,c,d->a" and its end
  std::set<int64_t> seen;
  for (int64_t row = 0; row < 200; ++row) {
    const MappingTask& task = tasks[static_cast<size_t>(world.task_of(3, row))];
    seen.insert(world.task_of(3, row));
    std::map<std::string, std::string> outputs;
    for (const Mapping& pair : task.pairs) outputs[pair.input] = pair.output;
    const Drawn drawn = draw(world, *tokenizer, 3, row);
    size_t at = 0;
    std::set<std::string> inputs;
    for (int example = 0; example < 6; ++example) {
      ASSERT_EQ(drawn.text.compare(at, 8, "example:"), 0) << drawn.text;
      const size_t arrow = drawn.text.find("->", at), end = drawn.text.find('\n', at);
      const std::string input = drawn.text.substr(at + 8, arrow - at - 8);
      EXPECT_TRUE(inputs.insert(input).second);
      EXPECT_EQ(drawn.text.substr(arrow + 2, end - arrow - 2), outputs.at(input));
      at = end + 1;
    }
    EXPECT_EQ(drawn.text.find_first_not_of('\n', at), std::string::npos);
    int64_t asked = 0;
    for (size_t position = 0; position < drawn.ids.size(); ++position) {
      const bool is_arrow = tokenizer->bytes_of(static_cast<text::TokenId>(drawn.ids[position])) == "->";
      EXPECT_EQ(drawn.targets[position], is_arrow ? drawn.ids[position + 1] : kNotAsked);
      asked += is_arrow;
    }
    EXPECT_EQ(asked, world.asked());
  }
  EXPECT_EQ(seen.size(), tasks.size());
}

TEST(MappingWorld, RowsThatNameTheirTasksDrawOneForEveryExample) {
  const std::vector<MappingTask> tasks = letter_curriculum(2, 5);
  const auto tokenizer = std::make_shared<text::SymbolTokenizer>(letter_symbols(tasks));
  const MappingWorld world(tasks, tokenizer, 6, 1, 0.25);
  EXPECT_EQ(world.length(), 6 * 12);  // one token more, for the name
  std::map<std::string, std::map<std::string, std::string>> outputs;
  for (const MappingTask& task : tasks)
    for (const Mapping& pair : task.pairs) outputs[symbol_of_task(task)][pair.input] = pair.output;
  int64_t named = 0;
  std::set<std::string> names;
  constexpr int64_t kRows = 400;
  for (int64_t row = 0; row < kRows; ++row) {
    const Drawn drawn = draw(world, *tokenizer, 3, row);
    EXPECT_EQ(drawn.text.find('[') != std::string::npos, world.is_named(3, row)) << drawn.text;
    EXPECT_EQ(std::ranges::count_if(drawn.targets, [](int64_t target) { return target != kNotAsked; }), world.asked());
    if (!world.is_named(3, row)) continue;
    ++named;
    size_t at = 0;
    for (int example = 0; example < 6; ++example) {
      const size_t name = drawn.text.find('[', at), arrow = drawn.text.find("->", at), end = drawn.text.find('\n', at);
      const std::string task = drawn.text.substr(name, arrow - name), input = drawn.text.substr(at + 8, name - at - 8);
      names.insert(task);
      ASSERT_TRUE(outputs[task].contains(input)) << drawn.text;
      EXPECT_EQ(drawn.text.substr(arrow + 2, end - arrow - 2), outputs[task][input]);
      at = end + 1;
    }
  }
  EXPECT_NEAR(static_cast<double>(named) / kRows, 0.25, 4 * std::sqrt(0.25 * 0.75 / kRows));
  EXPECT_EQ(names.size(), tasks.size());
}

TEST(MappingWorld, ARowIsAFunctionOfSeedStepAndRow) {
  const auto tokenizer = letters();
  const std::vector<MappingTask> tasks = letter_curriculum(0, 5);
  const MappingWorld world(tasks, tokenizer, 4, 1), same(tasks, tokenizer, 4, 1), other(tasks, tokenizer, 4, 2);
  EXPECT_EQ(draw(world, *tokenizer, 7, 9).ids, draw(same, *tokenizer, 7, 9).ids);
  EXPECT_NE(draw(world, *tokenizer, 7, 9).ids, draw(other, *tokenizer, 7, 9).ids);
  EXPECT_NE(draw(world, *tokenizer, 7, 9).ids, draw(world, *tokenizer, 8, 9).ids);
}

TEST(MappingWorld, TasksThatDoNotFitAreRefused) {
  const auto tokenizer = letters();
  const MappingTask few = {.name = "few", .pairs = {{"a", "b"}}}, longer = {.name = "longer", .pairs = {{"a", "bc"}, {"b", "c"}}},
                    foreign = {.name = "foreign", .pairs = {{"1", "a"}}};
  const auto refusal = [&](const MappingTask& task, int64_t examples) {
    return test::error_of([&] { MappingWorld(std::span(&task, 1), tokenizer, examples, 1); });
  };
  EXPECT_THAT(refusal(few, 2), HasSubstr("at least the 2 of a row"));
  EXPECT_THAT(refusal(longer, 1), HasSubstr("one token"));
  EXPECT_THAT(refusal(foreign, 1), HasSubstr("no symbol"));
  EXPECT_THAT(refusal(few, 0), HasSubstr("at least one"));
  EXPECT_THAT(test::error_of([&] { MappingWorld(std::span(&few, 1), tokenizer, 1, 1, 1.5); }), HasSubstr("0 to 1"));
  EXPECT_THAT(test::error_of([&] { MappingWorld(std::span(&few, 1), tokenizer, 1, 1, 0.5); }), HasSubstr("no symbol"));
}

TEST(LetterCurriculum, BijectionsAreMapsOntoThemselvesThatTheSeedDraws) {
  const std::vector<MappingTask> tasks = letter_curriculum(3, 5), same = letter_curriculum(3, 5), other = letter_curriculum(3, 6);
  ASSERT_EQ(tasks.size(), 10u);
  for (size_t i = 7; i < 10; ++i) {
    std::set<std::string> outputs;
    for (const Mapping& pair : tasks[i].pairs) outputs.insert(pair.output);
    EXPECT_EQ(outputs.size(), 26u);
    EXPECT_EQ(tasks[i].pairs[4].output, same[i].pairs[4].output);
  }
  std::string left, right;
  for (const Mapping& pair : tasks[8].pairs) left += pair.output;
  for (const Mapping& pair : other[8].pairs) right += pair.output;
  EXPECT_NE(left, right);
  EXPECT_EQ(tasks[6].name, "identity");
}

}  // namespace
}  // namespace manabi::world
