#include "learn/theory/processes/concept_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <numeric>
#include <sstream>

#include "base/file.h"
#include "base/format/json.h"
#include "tests/support/data.h"
#include "tests/support/error.h"
#include "world/processes/ginc_documents.h"

namespace manabi::learn {
namespace {

using ::testing::HasSubstr;

world::Ginc tiny(double jump = 0) {
  return world::Ginc({.entities = 2, .properties = 3, .symbols = 5, .concepts = 3, .known = 2, .transition_temperature = 0.5, .jump = jump});
}

// The probability of the tokens under one concept, as the sum over all paths of hidden states.
double by_paths(const world::Ginc& process, int64_t concept_index, double tolerance, std::span<const int64_t> tokens, int64_t from = -1) {
  if (tokens.empty()) return 1;
  const int64_t properties = process.config().properties, entities = process.config().entities;
  double sum = 0;
  for (int64_t state = 0; state < process.states(); ++state) {
    if (process.symbol_of(state) != tokens.front()) continue;
    double probability = process.start(concept_index)[static_cast<size_t>(state)];
    if (from >= 0) {
      const double step = process.entities()[static_cast<size_t>(from / properties * entities + state / properties)] *
                          process.properties(concept_index)[static_cast<size_t>(from % properties * properties + state % properties)];
      probability = (1 - tolerance) * step + tolerance / static_cast<double>(process.states());
    }
    if (probability > 0) sum += probability * by_paths(process, concept_index, tolerance, tokens.subspan(1), state);
  }
  return sum;
}

TEST(ConceptFilter, AgreesWithTheSumOverAllHiddenPaths) {
  const world::Ginc process = tiny();
  for (const double tolerance : {0.0, 0.1}) {
    std::vector<int64_t> tokens(6);
    world::GincDocuments(std::make_shared<world::Ginc>(process), {.seed = 3}).draw_document(0, tokens);
    ConceptFilter filter(process, 2, tolerance);
    for (const int64_t token : tokens) filter.observe(token);
    const double first = by_paths(process, 0, tolerance, tokens), second = by_paths(process, 1, tolerance, tokens);
    EXPECT_NEAR(filter.log_likelihood(), std::log((first + second) / 2), 1e-10);
    EXPECT_NEAR(filter.posterior()[0], first / (first + second), 1e-10);
    const std::vector<double> next = filter.next();
    for (int64_t symbol = 0; symbol < 5; ++symbol) {
      std::vector<int64_t> longer = tokens;
      longer.push_back(symbol);
      const double expected = by_paths(process, 0, tolerance, longer) + by_paths(process, 1, tolerance, longer);
      EXPECT_NEAR(next[static_cast<size_t>(symbol)], expected / (first + second), 1e-10) << symbol;
    }
  }
}

TEST(ConceptFilter, WhatItExpectsIsADistribution) {
  const world::Ginc process = tiny(0.05);
  ConceptFilter filter(process, 2, 0.05);
  for (const int64_t token : {0, 0, 1, 0}) {
    if (process.config().symbols <= token) continue;
    const std::vector<double> next = filter.next();
    EXPECT_NEAR(std::accumulate(next.begin(), next.end(), 0.0), 1, 1e-12);
    if (next[static_cast<size_t>(token)] > 0) filter.observe(token);
  }
}

// The sixth symbol of a process that never names it.
TEST(ConceptFilter, AnImpossibleTextIsSaidSo) {
  const world::Ginc process({.entities = 1, .properties = 2, .symbols = 9, .concepts = 2, .known = 2});
  int64_t unused = 1;
  while (process.symbol_of(1) == unused) ++unused;
  ConceptFilter filter(process, 2, 0.1);
  filter.observe(0);
  EXPECT_THAT(test::error_of([&] { filter.observe(unused); }), HasSubstr("first 2 tokens have no probability"));
  EXPECT_TRUE(filter.is_impossible());
  EXPECT_THAT(test::error_of([&] { filter.next(); }), HasSubstr("no probability"));
  EXPECT_THAT(test::error_of([&] { next_token_of_prompt(process, {.query = {unused}}); }), HasSubstr("no probability"));
}

TEST(ConceptFilter, OptionsThatMeanNothingAreRefused) {
  EXPECT_THAT(test::error_of([] { ConceptFilter(tiny(), 4, 0); }), HasSubstr("4 concepts"));
  EXPECT_THAT(test::error_of([] { ConceptFilter(tiny(), 2, -0.1); }), HasSubstr("tolerance -0.1"));
}

double mean_loss(const world::Ginc& process, double tolerance, int64_t documents, size_t length) {
  const world::GincDocuments world(std::make_shared<world::Ginc>(process), {.seed = 9});
  std::vector<int64_t> document(length);
  double sum = 0;
  for (int64_t number = 0; number < documents; ++number) {
    world.draw_document(number, document);
    sum += document_loss(process, tolerance, document);
  }
  return sum / static_cast<double>(documents);
}

// 1.322 nats a token, of fresh documents of 1,024 tokens as long as the published ones.
TEST(ConceptFilter, TheLossOfTheProcessIsThePublishedDatas) { EXPECT_NEAR(mean_loss(world::Ginc({}), 0, 600, 1024), 1.322, 0.02); }

// No other reader of the same documents loses less than the one that knows how they jump.
TEST(ConceptFilter, NoOtherToleranceBeatsTheProcesssOwnJump) {
  const world::Ginc process({.entities = 6, .properties = 6, .symbols = 30, .jump = 0.05});
  const double optimum = mean_loss(process, 0.05, 60, 128);
  for (const double other : {0.01, 0.2}) EXPECT_GT(mean_loss(process, other, 60, 128), optimum) << other;
}

TEST(ConceptFilter, ThePublishedDocumentsHaveThatLoss) {
  const std::string path = test::data_folder().empty() ? std::string() : test::data_folder() + "/ginc/val.json";
  MANABI_NEEDS(path);
  std::map<std::string, int64_t> symbols;
  for (int64_t symbol = 0; symbol < 50; ++symbol) symbols[world::Ginc::word_of(symbol)] = symbol;
  const world::Ginc process({});
  std::istringstream lines(base::read_text(path));
  double sum = 0;
  int64_t documents = 0;
  for (std::string line; std::getline(lines, line); ++documents) {
    std::istringstream words(base::parse_json(line, path)["text"].get<std::string>());
    std::vector<int64_t> tokens;
    for (std::string word; words >> word;) tokens.push_back(symbols.at(word));
    sum += document_loss(process, 0, tokens);
  }
  EXPECT_NEAR(sum / static_cast<double>(documents), 1.322, 0.02);
}

struct Shares {
  double documents = 0, prompts = 0;  // of prompts that a reader of either kind answers rightly
};

Shares right_answers(const world::Ginc& process, int64_t example_tokens, int64_t examples, double tolerance, int64_t count) {
  Shares right;
  for (int64_t index = 0; index < count; ++index) {
    const world::GincPrompt prompt = world::ginc_prompt(process, {.examples = examples, .example_tokens = example_tokens, .seed = 1}, index);
    const auto is_right = [&](const std::vector<double>& next) { return std::ranges::max_element(next) - next.begin() == prompt.answer; };
    right.documents += is_right(next_token(process, tolerance, prompt.tokens())) / static_cast<double>(count);
    right.prompts += is_right(next_token_of_prompt(process, prompt)) / static_cast<double>(count);
  }
  return right;
}

// Shares that were found with another program on 600 prompts, whose standard error is added to ours.
TEST(ConceptFilter, BothReadersAnswerThePublishedProcessAsOftenAsWasFound) {
  const world::Ginc process({});
  constexpr int64_t kPrompts = 300;
  const auto expect = [&](double share, double found) {
    const double error = std::sqrt(found * (1 - found) * (1.0 / 600 + 1.0 / kPrompts)) + 1.0 / kPrompts;
    EXPECT_NEAR(share, found, 2.6 * error);
  };
  const Shares zero = right_answers(process, 3, 0, 1e-2, kPrompts), four = right_answers(process, 3, 4, 1e-2, kPrompts);
  expect(zero.documents, 0.56);
  expect(zero.prompts, 0.57);
  expect(four.documents, 0.80);
  expect(four.prompts, 0.99);
  EXPECT_GE(four.prompts, 0.98);
  const Shares strict = right_answers(process, 3, 4, 1e-6, kPrompts);
  expect(strict.documents, 0.60);
  const Shares longer = right_answers(process, 5, 1, 1e-2, kPrompts);
  expect(longer.documents, 0.99);
}

TEST(Divergence, IsZeroOfEqualDistributionsAndKnownOfOthers) {
  const std::vector<double> p = {0.25, 0.75, 0}, log_p = {std::log(0.25), std::log(0.75), -100}, log_q = {std::log(0.5), std::log(0.5), -100};
  EXPECT_NEAR(divergence(p, log_p), 0, 1e-12);
  EXPECT_NEAR(divergence(p, log_q), 0.25 * std::log(0.5) + 0.75 * std::log(1.5), 1e-12);
}

}  // namespace
}  // namespace manabi::learn
