// What a sweep over K, settings and templates relies on: balanced, nested and shared demonstrations, and labels from the stated distributions.
#include "world/few_shot/few_shot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/support/error.h"
#include "tests/world/toy_set.h"

namespace manabi::world {
namespace {

using ::testing::HasSubstr;

const std::vector<std::string> kWords = {"one", "two", "three", "four", "five", "six"};
const std::vector<LabelSetting> kSettings = {LabelSetting::gold, LabelSetting::random, LabelSetting::abstract, LabelSetting::flipped};
const std::vector<int64_t> kLadder = {0, 4, 8, 16, 32};

std::vector<std::string> words(int64_t classes) { return {kWords.begin(), kWords.begin() + classes}; }

std::vector<std::string> ids_of(const Episode& episode) {
  std::vector<std::string> ids;
  for (const Demonstration& shown : episode.demonstrations) ids.push_back(shown.id);
  return ids;
}

std::vector<int64_t> shown_classes(const Episode& episode) {
  std::vector<int64_t> classes;
  for (const Demonstration& shown : episode.demonstrations) classes.push_back(shown.shown_class);
  return classes;
}

// Pearson's statistic against equal shares.
double chi_square(const std::map<std::string, int64_t>& counts, size_t outcomes) {
  double total = 0;
  for (const auto& [outcome, count] : counts) total += static_cast<double>(count);
  const double expected = total / static_cast<double>(outcomes);
  double sum = static_cast<double>(outcomes - counts.size()) * expected;
  for (const auto& [outcome, count] : counts)
    sum += (static_cast<double>(count) - expected) * (static_cast<double>(count) - expected) / expected;
  return sum;
}

void expect_same(const Episode& left, const Episode& right) {
  EXPECT_EQ(left.id, right.id);
  EXPECT_EQ(left.context, right.context);
  EXPECT_EQ(left.choices, right.choices);
  EXPECT_EQ(left.target, right.target);
  EXPECT_EQ(ids_of(left), ids_of(right));
}

class Classes : public ::testing::TestWithParam<int64_t> {};

TEST_P(Classes, AreBalancedAtEveryStepOfTheLadder) {
  const FewShotWorld world(toy_set(words(GetParam())), {.shots = 32, .ladder = kLadder});
  for (int64_t draw = 0; draw < 50; ++draw) {
    for (int64_t index = 0; index < 5; ++index) {
      const Episode episode = world.draw(draw, index);
      ASSERT_EQ(episode.demonstrations.size(), 32u);
      for (const size_t shots : {4, 8, 16, 32}) {
        std::vector<int64_t> counts(static_cast<size_t>(GetParam()), 0);
        for (size_t i = 0; i < shots; ++i) ++counts[static_cast<size_t>(episode.demonstrations[i].true_class)];
        EXPECT_LE(*std::ranges::max_element(counts) - *std::ranges::min_element(counts), 1) << "K = " << shots;
      }
    }
  }
}

TEST_P(Classes, AFewShotListIsTheStartOfALongerOneInEverySetting) {
  const auto dataset = toy_set(words(GetParam()));
  for (const LabelSetting setting : kSettings) {
    const FewShotWorld longest(dataset, {.setting = setting, .shots = 32, .ladder = kLadder});
    for (const int64_t shots : kLadder) {
      const FewShotWorld world(dataset, {.setting = setting, .shots = shots, .ladder = kLadder});
      for (int64_t draw = 0; draw < 5; ++draw) {
        const Episode episode = world.draw(draw, draw), longer = longest.draw(draw, draw);
        ASSERT_EQ(static_cast<int64_t>(episode.demonstrations.size()), shots);
        EXPECT_EQ(episode.choices, longer.choices);
        for (size_t i = 0; i < episode.demonstrations.size(); ++i) {
          EXPECT_EQ(episode.demonstrations[i].id, longer.demonstrations[i].id);
          EXPECT_EQ(episode.demonstrations[i].label, longer.demonstrations[i].label);
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Counts, Classes, ::testing::Values(2, 3, 4, 6));

TEST(FewShot, ClassesThatLeadAreChosenEquallyOften) {
  for (const int64_t classes : {3, 6}) {
    const FewShotWorld world(toy_set(words(classes)), {.shots = 4, .ladder = {4}});
    std::map<std::string, int64_t> leaders;
    for (int64_t draw = 0; draw < 2000; ++draw) {
      std::map<int64_t, int64_t> counts;
      for (const Demonstration& shown : world.draw(draw, 0).demonstrations) ++counts[shown.true_class];
      for (const auto& [label, count] : counts) leaders[std::to_string(label)] += count == 4 / classes + 1;
    }
    EXPECT_LT(chi_square(leaders, static_cast<size_t>(classes)), 20.5);  // 99.9 % with 5 degrees of freedom
  }
}

TEST(FewShot, StepsAddedToTheLadderLeaveSmallerKAlone) {
  const auto dataset = toy_set(words(3));
  const FewShotWorld alone(dataset, {.setting = LabelSetting::random, .shots = 8, .ladder = {8, 4}});
  const FewShotWorld in_sweep(dataset, {.setting = LabelSetting::random, .shots = 8, .ladder = {0, 4, 8, 16, 32}});
  for (int64_t draw = 0; draw < 10; ++draw) expect_same(alone.draw(draw, 3), in_sweep.draw(draw, 3));
  EXPECT_EQ(alone.hash(), in_sweep.hash());
}

TEST(FewShot, SettingsTemplatesAndWhiteSpaceShareTheirDemonstrations) {
  const auto dataset = toy_set(words(3));
  const FewShotWorld gold(dataset, {.shots = 8, .ladder = {4, 8}});
  for (const LabelSetting setting : kSettings) {
    for (const int64_t index : {0, 1, 2}) {
      for (const WhiteSpace white_space : {WhiteSpace::clean, WhiteSpace::paper}) {
        for (const Symbols symbols : {Symbols::numbers, Symbols::letters, Symbols::symbols}) {
          const FewShotWorld world(
              dataset,
              {.setting = setting, .symbols = symbols, .shots = 8, .ladder = {4, 8}, .template_index = index, .white_space = white_space});
          EXPECT_EQ(ids_of(world.draw(2, 7)), ids_of(gold.draw(2, 7)));
          EXPECT_EQ(world.draw(2, 7).id, gold.draw(2, 7).id);
          EXPECT_EQ(world.draw(2, 7).target, gold.draw(2, 7).target);
        }
      }
    }
  }
}

TEST(FewShot, NaturalSettingsDifferInNothingButTheLabels) {
  const auto dataset = toy_set(words(2));
  std::set<std::string> without_labels;
  for (const LabelSetting setting : {LabelSetting::gold, LabelSetting::random, LabelSetting::flipped}) {
    const Episode episode = FewShotWorld(dataset, {.setting = setting, .shots = 8, .ladder = {8}}).draw(0, 0);
    std::string context = episode.context;
    for (const std::string word : {" one\n", " two\n"}) {
      for (size_t found; (found = context.find(word)) != std::string::npos;) context.replace(found, word.size(), " _\n");
    }
    without_labels.insert(context);
    EXPECT_EQ(episode.choices, (std::vector<std::string>{" one", " two"}));
  }
  EXPECT_EQ(without_labels.size(), 1u);
}

TEST(FewShot, DrawsArePure) {
  const auto dataset = toy_set(words(3));
  const FewShotConfig config{.setting = LabelSetting::abstract, .shots = 8, .ladder = {8}, .seed = 5};
  const FewShotWorld world(dataset, config), again(dataset, config);
  std::vector<Episode> forwards;
  for (int64_t index = 0; index < 10; ++index) forwards.push_back(world.draw(1, index));
  for (int64_t index = 9; index >= 0; --index) expect_same(again.draw(1, index), forwards[static_cast<size_t>(index)]);
}

TEST(FewShot, SeedsDrawsAndDataSetsHaveListsOfTheirOwn) {
  const auto dataset = toy_set(words(2));
  const auto other = std::make_shared<Dataset>(*dataset);
  other->name = "other";
  const auto ids = [](std::shared_ptr<const Dataset> set, uint64_t seed, int64_t draw) {
    return ids_of(FewShotWorld(set, {.shots = 8, .ladder = {8}, .seed = seed}).draw(draw, 0));
  };
  const std::set<std::vector<std::string>> lists = {ids(dataset, 0, 0), ids(dataset, 1, 0), ids(dataset, 0, 1), ids(other, 0, 0)};
  EXPECT_EQ(lists.size(), 4u);
}

TEST(FewShot, FreshDemonstrationsDifferBetweenQueriesAndFixedOnesDoNot) {
  const auto dataset = toy_set(words(4));
  for (const LabelSetting setting : kSettings) {
    const FewShotWorld fresh(dataset, {.setting = setting, .shots = 8, .ladder = {8}});
    const FewShotWorld fixed(dataset, {.setting = setting, .shots = 8, .ladder = {8}, .demonstrations = Demonstrations::fixed});
    const Episode first = fixed.draw(0, 0), second = fixed.draw(0, 1);
    EXPECT_NE(ids_of(fresh.draw(0, 0)), ids_of(fresh.draw(0, 1)));
    EXPECT_EQ(ids_of(first), ids_of(second));
    EXPECT_EQ(shown_classes(first), shown_classes(second));
    EXPECT_EQ(first.choices, second.choices);
    EXPECT_NE(ids_of(first), ids_of(fixed.draw(1, 0)));
  }
}

TEST(FewShot, OtherOrdersShowTheSameDemonstrationsWithTheSameLabels) {
  const auto dataset = toy_set(words(3));
  std::set<std::vector<std::string>> orders;
  std::set<std::map<std::string, std::string>> contents;
  for (const int64_t order : {0, 1, 2, 3}) {
    const FewShotConfig config{.setting = LabelSetting::random, .shots = 8, .ladder = {8}, .order = order};
    const Episode episode = FewShotWorld(dataset, config).draw(0, 0);
    orders.insert(ids_of(episode));
    std::map<std::string, std::string> labels;
    for (const Demonstration& shown : episode.demonstrations) labels[shown.id] = shown.label;
    contents.insert(labels);
  }
  EXPECT_EQ(orders.size(), 4u);
  EXPECT_EQ(contents.size(), 1u);
}

TEST(FewShot, ZeroShotsShowTheQueryAlone) {
  const FewShotWorld world(toy_set(words(2)), {.shots = 0, .ladder = {}});
  const Episode episode = world.draw(0, 0);
  EXPECT_EQ(episode.context, "test sentence 0.\nThe topic is");
  EXPECT_TRUE(episode.demonstrations.empty());
}

TEST(FewShot, RowsAreDrawnUniformlyWithoutReplacement) {
  const FewShotWorld world(toy_set(words(2), 20), {.shots = 4, .ladder = {4}});
  std::map<std::string, int64_t> counts;
  for (int64_t draw = 0; draw < 3000; ++draw) {
    const std::vector<std::string> ids = ids_of(world.draw(draw, 0));
    EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size());
    for (const std::string& id : ids) ++counts[id];
  }
  EXPECT_LT(chi_square(counts, 20), 43.8);  // 99.9 % with 19 degrees of freedom
}

TEST(FewShot, AWholePoolCanBeShown) {
  const Episode episode = FewShotWorld(toy_set(words(2), 8), {.shots = 8, .ladder = {8}}).draw(0, 0);
  const std::vector<std::string> ids = ids_of(episode);
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 8u);
}

TEST(FewShot, TheOrderInsideAStepIsRandom) {
  const FewShotWorld world(toy_set(words(2)), {.shots = 4, .ladder = {4}});
  std::map<std::string, int64_t> orders;
  for (int64_t draw = 0; draw < 3000; ++draw) {
    std::string order;
    for (const Demonstration& shown : world.draw(draw, 0).demonstrations) order += std::to_string(shown.true_class);
    ++orders[order];
  }
  EXPECT_LT(chi_square(orders, 6), 20.5);  // two of each class can stand in 6 orders
}

TEST(FewShot, RandomLabelsAreUniformAndIndependentOfTheTrueClass) {
  const FewShotWorld world(toy_set(words(3)), {.setting = LabelSetting::random, .shots = 9, .ladder = {9}});
  std::map<std::string, int64_t> pairs, neighbours;
  for (int64_t draw = 0; draw < 1500; ++draw) {
    const Episode episode = world.draw(draw, 0);
    for (const Demonstration& shown : episode.demonstrations) ++pairs[std::to_string(shown.true_class) + std::to_string(shown.shown_class)];
    ++neighbours[std::to_string(episode.demonstrations[0].shown_class) + std::to_string(episode.demonstrations[1].shown_class)];
  }
  EXPECT_LT(chi_square(pairs, 9), 26.1);  // 99.9 % with 8 degrees of freedom
  EXPECT_LT(chi_square(neighbours, 9), 26.1);
}

TEST(FewShot, FlippedLabelsAreAlwaysWrongAndUniformAmongTheWrongOnes) {
  const FewShotWorld world(toy_set(words(4)), {.setting = LabelSetting::flipped, .shots = 8, .ladder = {8}});
  std::map<std::string, int64_t> pairs;
  for (int64_t draw = 0; draw < 1000; ++draw) {
    for (const Demonstration& shown : world.draw(draw, 0).demonstrations) {
      EXPECT_NE(shown.shown_class, shown.true_class);
      EXPECT_EQ(shown.label, kWords[static_cast<size_t>(shown.shown_class)]);
      ++pairs[std::to_string(shown.true_class) + std::to_string(shown.shown_class)];
    }
  }
  EXPECT_LT(chi_square(pairs, 12), 31.3);  // 99.9 % with 11 degrees of freedom
}

TEST(FewShot, TheAbstractMapIsOneToOneAndUniform) {
  std::map<std::string, int64_t> numbers, letters;
  const FewShotWorld with_numbers(toy_set(words(3)), {.setting = LabelSetting::abstract, .shots = 3, .ladder = {3}});
  const FewShotWorld with_letters(toy_set(words(3)),
                                  {.setting = LabelSetting::abstract, .symbols = Symbols::letters, .shots = 3, .ladder = {3}});
  for (int64_t draw = 0; draw < 2600; ++draw) {
    const Episode episode = with_numbers.draw(draw, 0);
    EXPECT_EQ(std::set<std::string>(episode.choices.begin(), episode.choices.end()).size(), 3u);
    ++numbers[episode.choices[0] + episode.choices[1] + episode.choices[2]];
    for (const Demonstration& shown : episode.demonstrations)
      EXPECT_EQ("\n" + shown.label, episode.choices[static_cast<size_t>(shown.true_class)]);
    for (const std::string& letter : with_letters.draw(draw, 0).choices) ++letters[letter];
  }
  EXPECT_LT(chi_square(numbers, 6), 20.5);
  EXPECT_LT(chi_square(letters, 26), 52.6);  // 99.9 % with 25 degrees of freedom
}

TEST(FewShot, PunctuationSymbolsAreTheFirstOnesOfThePapersList) {
  const FewShotWorld world(toy_set(words(4)), {.setting = LabelSetting::abstract, .symbols = Symbols::symbols, .shots = 4, .ladder = {4}});
  const Episode episode = world.draw(0, 0);
  EXPECT_EQ(std::set<std::string>(episode.choices.begin(), episode.choices.end()), (std::set<std::string>{"\n@", "\n#", "\n$", "\n%"}));
}

TEST(FewShot, AQuerysTextIsNeverShown) {
  auto dataset = toy_set(words(2), 40, 20);
  for (size_t i = 0; i < 20; ++i) dataset->train[i].fields = dataset->test[i].fields;
  for (const Demonstrations demonstrations : {Demonstrations::fresh, Demonstrations::fixed}) {
    const FewShotWorld world(dataset, {.shots = 16, .ladder = {16}, .demonstrations = demonstrations});
    for (int64_t index = 0; index < 20; ++index) {
      for (const std::string& id : ids_of(world.draw(0, index))) EXPECT_GE(std::stoi(id.substr(6)), 20) << id;
    }
  }
}

TEST(FewShot, BaselinesAreThoseOfTheTestSplit) {
  auto dataset = toy_set(words(4), 40, 10);  // classes 0 and 1 have three queries each
  const FewShotWorld world(dataset, {.shots = 4, .ladder = {4}});
  EXPECT_DOUBLE_EQ(world.chance(), 0.25);
  EXPECT_DOUBLE_EQ(world.majority(), 0.3);
  EXPECT_EQ(world.queries(), 10);
}

TEST(FewShot, QueryOrderIsOnePermutationPerSeed) {
  const auto dataset = toy_set(words(2), 10, 50);
  std::vector<int64_t> order = query_order(*dataset, 3);
  EXPECT_EQ(order, query_order(*dataset, 3));
  EXPECT_NE(order, query_order(*dataset, 4));
  std::ranges::sort(order);
  for (int64_t i = 0; i < 50; ++i) EXPECT_EQ(order[static_cast<size_t>(i)], i);
}

TEST(FewShot, HashChangesWithWhateverChangesAnEpisodeAndWithNothingElse) {
  const auto dataset = toy_set(words(3));
  const FewShotConfig base{.shots = 8, .ladder = {4, 8}};
  const auto hash = [&](auto change) {
    FewShotConfig config = base;
    change(config);
    return FewShotWorld(dataset, config).hash();
  };
  const std::string unchanged = hash([](FewShotConfig&) {});
  std::set<std::string> hashes = {unchanged};
  hashes.insert(hash([](FewShotConfig& config) { config.setting = LabelSetting::random; }));
  hashes.insert(hash([](FewShotConfig& config) { config.setting = LabelSetting::abstract; }));
  hashes.insert(hash([](FewShotConfig& config) { config.setting = LabelSetting::abstract, config.symbols = Symbols::letters; }));
  hashes.insert(hash([](FewShotConfig& config) { config.shots = 4; }));
  hashes.insert(hash([](FewShotConfig& config) { config.ladder = {8}; }));
  hashes.insert(hash([](FewShotConfig& config) { config.template_index = 1; }));
  hashes.insert(hash([](FewShotConfig& config) { config.demonstrations = Demonstrations::fixed; }));
  hashes.insert(hash([](FewShotConfig& config) { config.white_space = WhiteSpace::paper; }));
  hashes.insert(hash([](FewShotConfig& config) { config.seed = 1; }));
  hashes.insert(hash([](FewShotConfig& config) { config.order = 1; }));
  EXPECT_EQ(hashes.size(), 11u);
  EXPECT_EQ(hash([](FewShotConfig& config) { config.symbols = Symbols::letters; }), unchanged) << "gold labels show no symbols";
  EXPECT_EQ(hash([](FewShotConfig& config) { config.ladder = {8, 4, 0}; }), unchanged);

  auto rephrased = std::make_shared<Dataset>(*dataset);
  rephrased->natural[0].text = text::Template("{sentence} is about {label}", "toy");
  EXPECT_NE(FewShotWorld(rephrased, base).hash(), unchanged);
  auto renamed = std::make_shared<Dataset>(*dataset);
  renamed->natural[0].label_words[1] = "deux";
  EXPECT_NE(FewShotWorld(renamed, base).hash(), unchanged);
}

std::string refusal(int64_t classes, FewShotConfig config, int64_t rows = 240) {
  return test::error_of([&] { FewShotWorld(toy_set(words(classes), rows), config); });
}

TEST(FewShot, RefusesWhatTheDataSetCannotGive) {
  EXPECT_THAT(refusal(2, {.shots = 16, .ladder = {16}}, 14),
              HasSubstr("data set toy: 7 training rows of class \"one\"\n  expected: 8 for K = 16"));
  EXPECT_THAT(refusal(2, {.template_index = 3}), HasSubstr("data set toy: template 4\n  expected: 1 to 3, as many natural templates"));
  EXPECT_THAT(refusal(2, {.template_index = -1}), HasSubstr("data set toy: template 0"));
  EXPECT_THAT(refusal(2, {.shots = 8, .ladder = {16}}), HasSubstr("data set toy: K = 8\n  expected: 0 or a positive step of the sweep"));
  EXPECT_THAT(refusal(2, {.shots = 16, .ladder = {-4, 16}}), HasSubstr("K = -4"));
  EXPECT_THAT(test::error_of([] { FewShotWorld(toy_set(words(2)), {}).draw(0, 40); }), HasSubstr("query 40\n  expected: 0 to 39"));
}

TEST(FewShot, RefusesMoreClassesThanSymbolsOnlyWhereSymbolsAreShown) {
  auto dataset = toy_set({"a", "b", "c", "d", "e", "f", "g"});
  const FewShotConfig config{.setting = LabelSetting::abstract, .symbols = Symbols::symbols, .shots = 7, .ladder = {7}};
  EXPECT_THAT(test::error_of([&] { FewShotWorld(dataset, config); }), HasSubstr("7 classes, but only 6 symbols\n  hint: use numbers"));
  FewShotConfig gold = config;
  gold.setting = LabelSetting::gold;
  EXPECT_EQ(FewShotWorld(dataset, gold).draw(0, 0).choices.size(), 7u);
}

TEST(FewShot, NamesAndChoicesAreInverse) {
  for (const std::string name : {"gold", "random", "abstract", "flipped"}) EXPECT_EQ(name_of(parse_label_setting(name)), name);
  for (const std::string name : {"numbers", "letters", "symbols"}) EXPECT_EQ(name_of(parse_symbols(name)), name);
  for (const std::string name : {"fresh", "fixed"}) EXPECT_EQ(name_of(parse_demonstrations(name)), name);
  for (const std::string name : {"clean", "paper"}) EXPECT_EQ(name_of(parse_white_space(name)), name);
  for (const std::string name : {"drop_item", "drop_demonstrations"}) EXPECT_EQ(name_of(parse_too_long(name)), name);
  EXPECT_THAT(test::error_of([] { parse_label_setting("glod"); }),
              HasSubstr("unknown label setting \"glod\"\n  expected: gold, random, abstract, flipped\n  hint: did you mean 'gold'?"));
  EXPECT_THAT(test::error_of([] { parse_white_space("papers"); }), HasSubstr("unknown white space \"papers\""));
}

}  // namespace
}  // namespace manabi::world
