#include "world/knowledge/invented.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "tests/support/error.h"

namespace manabi::world {
namespace {

using testing::HasSubstr;

std::vector<Document> documents(const std::string& domain, int64_t first, int64_t count, uint64_t seed = 3, int64_t texts = 3) {
  return invented_documents(domain, {.first = first, .count = count, .texts = texts}, seed);
}

TEST(InventedDocuments, EveryTextHoldsEveryAnswerAndEveryQuestionItsSubject) {
  for (const std::string& domain : invented_domains()) {
    for (const Document& document : documents(domain, 0, 40)) {
      ASSERT_EQ(document.texts.size(), 3u);
      ASSERT_EQ(document.questions.size(), 6u);
      for (const Question& question : document.questions) {
        EXPECT_THAT(question.text, HasSubstr(document.title));
        for (const std::string& text : document.texts) {
          EXPECT_THAT(" " + text + " ", HasSubstr(" " + question.answers.front() + " "));
          EXPECT_THAT(text, testing::StartsWith(document.title));
        }
      }
    }
  }
}

TEST(InventedDocuments, AreAFunctionOfPlaceAndSeedAlone) {
  const std::vector<Document> all = documents("people", 0, 30), some = documents("people", 10, 5);
  EXPECT_EQ(hash_of(std::span(all).subspan(10, 5)), hash_of(some));
  EXPECT_NE(hash_of(all), hash_of(documents("people", 0, 30, /*seed=*/4)));
  EXPECT_NE(all[0].texts[0], all[0].texts[1]) << "texts of one document are in other words";
}

TEST(InventedDocuments, SubjectsDifferAndValuesAreUniform) {
  std::set<std::string> subjects;
  std::map<std::string, int64_t> counts;
  const std::vector<Document> all = documents("ships", 0, kInventedDocuments, 1, 1);
  for (const Document& document : all) {
    subjects.insert(document.title);
    ++counts[document.questions.front().answers.front()];
  }
  EXPECT_EQ(std::ssize(subjects), kInventedDocuments);
  ASSERT_EQ(counts.size(), 40u);
  // 250 expected of each, deviation 15.6: five deviations.
  for (const auto& [value, count] : counts) EXPECT_NEAR(static_cast<double>(count), 250, 5 * 15.6) << value;
}

TEST(InventedDocuments, UseTheWordsThatAreListed) {
  const std::vector<std::string> words = invented_words();
  const std::set<std::string> known(words.begin(), words.end());
  EXPECT_EQ(known.size(), words.size());
  for (const std::string& domain : invented_domains()) {
    for (const Document& document : documents(domain, 0, 50)) {
      std::string all = question_prompt(document.questions.front());
      for (const std::string& text : document.texts) all += " " + text;
      for (const Question& question : document.questions) all += " " + question_prompt(question) + " " + question.answers.front();
      std::istringstream stream(all);
      for (std::string word; stream >> word;) EXPECT_TRUE(known.contains(word)) << word;
    }
  }
}

TEST(InventedDocuments, RefusesWhatIsNotThere) {
  EXPECT_THAT(test::fault_of([] { documents("planets", 0, 1); }).expected, HasSubstr("people, ships"));
  EXPECT_THAT(test::fault_of([] { documents("people", kInventedDocuments - 1, 2); }).expected, HasSubstr("10000"));
  EXPECT_TRUE(documents("people", 0, 0).empty());
}

}  // namespace
}  // namespace manabi::world
