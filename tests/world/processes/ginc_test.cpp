#include "world/processes/ginc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

#include "base/file.h"
#include "base/format/json.h"
#include "tests/support/data.h"
#include "tests/support/error.h"
#include "world/processes/ginc_documents.h"
#include "world/processes/ginc_prompts.h"
#include "world/processes/numpy_random.h"

namespace manabi::world {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// As NumPy prints them after RandomState(1111).
TEST(NumpyRandom, DrawsNumpysNumbers) {
  NumpyRandom random(1111);
  EXPECT_DOUBLE_EQ(random.uniform(), 0.09554919920876204);
  EXPECT_DOUBLE_EQ(random.uniform(), 0.9250037018616327);
  EXPECT_THAT(random.permutation(6), ElementsAre(1, 5, 3, 0, 2, 4));
  EXPECT_EQ(random.below(49), 20);
}

// Rows of a matrix are distributions.
void expect_rows_sum_to_one(std::span<const double> matrix, int64_t size) {
  for (int64_t row = 0; row < size; ++row)
    EXPECT_NEAR(std::accumulate(matrix.begin() + row * size, matrix.begin() + (row + 1) * size, 0.0), 1, 1e-12);
}

TEST(Ginc, ItsMatricesAreDistributions) {
  const Ginc process({});
  expect_rows_sum_to_one(process.entities(), 10);
  for (int64_t i = 0; i < 10; ++i) {
    expect_rows_sum_to_one(process.properties(i), 10);
    EXPECT_NEAR(std::accumulate(process.start(i).begin(), process.start(i).end(), 0.0), 1, 1e-12);
  }
  for (int64_t entity = 0; entity < 10; ++entity) EXPECT_EQ(process.symbol_of(entity * 10), 0);
}

TEST(Ginc, AStepIsThatOfTheKroneckerProduct) {
  const Ginc process({.entities = 3, .properties = 4, .symbols = 9});
  std::vector<double> from(12), into(12);
  for (size_t i = 0; i < 12; ++i) from[i] = static_cast<double>(i + 1);
  process.step(2, from, into);
  for (size_t next = 0; next < 12; ++next) {
    double expected = 0;
    for (size_t state = 0; state < 12; ++state)
      expected += from[state] * process.entities()[state / 4 * 3 + next / 4] * process.properties(2)[state % 4 * 4 + next % 4];
    EXPECT_NEAR(into[next], expected, 1e-12);
  }
}

// The published models, as their authors' program wrote them.
TEST(Ginc, IsThePublishedDataSets) {
  const std::string path = test::data_folder().empty() ? std::string() : test::data_folder() + "/ginc/id_hmms.json";
  MANABI_NEEDS(path);
  const base::Json published = base::parse_json(base::read_text(path), path);
  const Ginc process({});
  for (size_t state = 0; state < 100; ++state) {
    const auto& emissions = published["emissionprob"][state];
    EXPECT_EQ(emissions[static_cast<size_t>(process.symbol_of(static_cast<int64_t>(state)))].get<double>(), 1) << state;
  }
  // The exponential of another library may differ in its last bit, and the products of two such numbers in theirs.
  double furthest = 0;
  for (int64_t i = 0; i < 5; ++i) {
    const auto concept_index = static_cast<size_t>(i);
    for (size_t state = 0; state < 100; ++state) {
      furthest = std::max(furthest, std::abs(published["startprob"][concept_index][state].get<double>() - process.start(i)[state]));
      for (size_t next = 0; next < 100; ++next) {
        const double probability = process.entities()[state / 10 * 10 + next / 10] * process.properties(i)[state % 10 * 10 + next % 10];
        furthest = std::max(furthest, std::abs(published["transmat"][concept_index][state][next].get<double>() - probability));
      }
    }
  }
  EXPECT_LT(furthest, 3e-16);
}

// A zero of the property matrix stays one: a concept rules out about a third of all steps.
TEST(Ginc, HasThePublishedFirstNumbers) {
  const Ginc process({});
  EXPECT_NEAR(process.properties(0)[0], 0.386, 5e-4);
  EXPECT_EQ(process.properties(0)[2], 0);
}

TEST(Ginc, WordsAreThePublishedOnes) {
  EXPECT_EQ(Ginc::word_of(0), "/");
  EXPECT_EQ(Ginc::word_of(1), "a");
  EXPECT_EQ(Ginc::word_of(25), "y");
  EXPECT_EQ(Ginc::word_of(26), "aa");
  EXPECT_EQ(Ginc::word_of(49), "ax");
}

TEST(Ginc, NumbersThatDoNotFitAreRefused) {
  EXPECT_THAT(test::error_of([] { Ginc({.properties = 1}); }), HasSubstr("properties = 1"));
  EXPECT_THAT(test::error_of([] { Ginc({.concepts = 3, .known = 4}); }), HasSubstr("known = 4, concepts = 3"));
  EXPECT_THAT(test::error_of([] { Ginc({.jump = 1.5}); }), HasSubstr("jump = 1.5"));
}

TEST(GincDocuments, AreFunctionsOfSeedAndNumber) {
  const auto process = std::make_shared<Ginc>(GincConfig());
  const GincDocuments documents(process, {.length = 20, .documents = 3, .seed = 5});
  std::vector<int64_t> first(21), again(21), other(21);
  documents.draw_document(1, first);
  GincDocuments(process, {.length = 20, .documents = 3, .seed = 5}).draw_document(1, again);
  documents.draw_document(2, other);
  EXPECT_EQ(first, again);
  EXPECT_NE(first, other);
  // A row is one of the three documents, its targets one token on.
  std::vector<int64_t> ids(20), targets(20);
  documents.draw(7, 3, {ids, targets});
  EXPECT_TRUE(std::equal(ids.begin() + 1, ids.end(), targets.begin()));
  bool is_found = false;
  for (int64_t number = 0; number < 3; ++number) {
    documents.draw_document(number, other);
    is_found |= std::equal(ids.begin(), ids.end(), other.begin());
  }
  EXPECT_TRUE(is_found);
}

TEST(GincDocuments, HoldADelimiterInTen) {
  const auto process = std::make_shared<Ginc>(GincConfig());
  const GincDocuments documents(process, {.seed = 1});
  std::vector<int64_t> document(2000);
  int64_t delimiters = 0;
  for (int64_t number = 0; number < 50; ++number) {
    documents.draw_document(number, document);
    delimiters += std::ranges::count(document, 0);
  }
  EXPECT_NEAR(static_cast<double>(delimiters) / 100'000, 0.1, 0.01);
}

TEST(GincPrompts, HoldTheirExamplesAndAQueryThatLacksItsLastToken) {
  const Ginc process({});
  const GincPrompt prompt = ginc_prompt(process, {.examples = 4, .example_tokens = 5, .seed = 2}, 0);
  EXPECT_EQ(prompt.examples.size(), 4U);
  EXPECT_EQ(prompt.query.size(), 4U);
  EXPECT_EQ(prompt.tokens().size(), 6U * 5 - 2);
  EXPECT_EQ(prompt.tokens()[5], 0);
  EXPECT_LT(prompt.concept_index, 5);
  for (const auto& example : prompt.examples) EXPECT_EQ(example.size(), 5U);
  EXPECT_EQ(ginc_prompt(process, {.examples = 4, .example_tokens = 5, .seed = 2}, 0).tokens(), prompt.tokens());
}

TEST(GincPrompts, UnseenConceptsAreThoseThatNoDocumentIsMadeOf) {
  const Ginc process({});
  for (const PromptKind kind : {PromptKind::unseen, PromptKind::scattered})
    for (int64_t index = 0; index < 20; ++index) EXPECT_GE(ginc_prompt(process, {.examples = 1, .kind = kind}, index).concept_index, 5);
  EXPECT_THAT(test::error_of([] { ginc_prompt(Ginc({.concepts = 5}), {.kind = PromptKind::unseen}, 0); }), HasSubstr("more concepts"));
  EXPECT_THAT(test::error_of([&] { ginc_prompt(process, {.example_tokens = 1}, 0); }), HasSubstr("at least 2"));
}

}  // namespace
}  // namespace manabi::world
