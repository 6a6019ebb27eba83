// The texts of assets/*.tsv: large enough, balanced, varied, and not solvable by their vocabulary alone.
// The files are read here by hand, so that these checks hold whatever the loader does.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <vector>

namespace manabi::world {
namespace {

struct BuiltInSet {
  std::string name;
  std::vector<std::string> labels;
  size_t fewest_rows;
  size_t fields;
  std::vector<std::string> forbidden;  // label words under every template and their inflections; a '*' at the end matches any ending
};

void PrintTo(const BuiltInSet& set, std::ostream* out) { *out << set.name; }

const std::vector<BuiltInSet> kSets = {
    {"sentiment", {"negative", "positive"}, 240, 1, {"negativ*", "positiv*"}},
    {"questions",
     {"abbreviation", "entity", "description", "human", "location", "number"},
     240,
     1,
     {"abbreviat*", "entity", "entities", "descri*", "human*", "locat*", "number*"}},
    {"topics", {"world", "sports", "business", "science"}, 200, 1, {"world*", "sport*", "business*", "scien*"}},
    {"entailment", {"no", "yes"}, 150, 2, {"no", "yes", "true", "truer", "truly", "false", "falsely"}},
};

struct Row {
  int64_t line;
  std::string label;
  std::vector<std::string> fields;
};

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

// Lower-case runs of letters, digits and inner apostrophes; bytes above 127 belong to words.
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || byte > 127 || c == '\'') {
      words.back() += static_cast<char>(std::tolower(byte));
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

std::vector<std::string> words_of(const Row& row) {
  std::vector<std::string> words;
  for (const std::string& field : row.fields) {
    for (std::string& word : words_of(field)) words.push_back(std::move(word));
  }
  return words;
}

std::string joined(const std::vector<std::string>& words, size_t from, size_t count) {
  std::string text;
  for (size_t i = from; i < from + count; ++i) text += words[i] + " ";
  return text;
}

bool matches(const std::string& word, const std::string& pattern) {
  return pattern.back() == '*' ? word.starts_with(pattern.substr(0, pattern.size() - 1)) : word == pattern;
}

std::filesystem::path path_of(const BuiltInSet& set) { return std::filesystem::path(MANABI_SOURCE_FOLDER) / "assets" / (set.name + ".tsv"); }

std::vector<Row> read_rows(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<Row> rows;
  std::string line;
  for (int64_t number = 1; std::getline(file, line); ++number) {
    if (line.starts_with("#")) continue;
    std::vector<std::string> cells = split(line, '\t');
    rows.push_back({number, cells[0], {cells.begin() + 1, cells.end()}});
  }
  return rows;
}

// Words as numbers, in order of appearance.
class Vocabulary {
 public:
  size_t index_of(const std::string& word) { return indices_.emplace(word, indices_.size()).first->second; }
  size_t size() const { return indices_.size(); }

 private:
  std::map<std::string, size_t> indices_;
};

// A row as the two classifiers below see it.
struct Bag {
  std::map<size_t, double> counts;  // by word
  size_t label;
};

struct Halves {
  std::vector<Bag> train, test;
  size_t vocabulary;
};

// Every other row of each class, so that neighbours (often written together) are parted.
Halves halve(const std::vector<Row>& rows, const std::vector<std::string>& labels, size_t parity) {
  Halves halves;
  Vocabulary vocabulary;
  std::map<std::string, size_t> seen;
  for (const Row& row : rows) {
    Bag bag;
    for (const std::string& word : words_of(row)) ++bag.counts[vocabulary.index_of(word)];
    bag.label = static_cast<size_t>(std::find(labels.begin(), labels.end(), row.label) - labels.begin());
    (seen[row.label]++ % 2 == parity ? halves.train : halves.test).push_back(std::move(bag));
  }
  halves.vocabulary = vocabulary.size();
  return halves;
}

size_t largest(const std::vector<double>& scores) {
  return static_cast<size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

using Matrix = std::vector<std::vector<double>>;  // [C, vocabulary]

// Multinomial naive Bayes with add-one smoothing over the words of the training half.
double naive_bayes_accuracy(const Halves& halves, size_t classes) {
  Matrix counts(classes, std::vector<double>(halves.vocabulary, 0.0));
  std::vector<double> totals(classes, 0.0), rows(classes, 0.0);
  std::set<size_t> known;
  for (const Bag& bag : halves.train) {
    ++rows[bag.label];
    for (const auto& [word, count] : bag.counts) {
      counts[bag.label][word] += count;
      totals[bag.label] += count;
      known.insert(word);
    }
  }
  double right = 0;
  for (const Bag& bag : halves.test) {
    std::vector<double> scores(classes);
    for (size_t label = 0; label < classes; ++label) {
      scores[label] = std::log(rows[label]);
      for (const auto& [word, count] : bag.counts) {
        if (known.contains(word))
          scores[label] += count * std::log((counts[label][word] + 1) / (totals[label] + static_cast<double>(known.size())));
      }
    }
    right += largest(scores) == bag.label;
  }
  return right / static_cast<double>(halves.test.size());
}

std::vector<double> class_scores(const Matrix& weights, const std::vector<double>& biases, const Bag& bag) {
  std::vector<double> scores = biases;
  for (size_t label = 0; label < scores.size(); ++label) {
    for (const auto& [word, count] : bag.counts) scores[label] += count * weights[label][word];
  }
  return scores;
}

std::vector<double> softmax(std::vector<double> scores) {
  const double top = *std::max_element(scores.begin(), scores.end());
  double total = 0;
  for (double& score : scores) total += score = std::exp(score - top);
  for (double& score : scores) score /= total;
  return scores;
}

// Multinomial logistic regression, gradient descent example by example with a little weight decay.
double logistic_regression_accuracy(const Halves& halves, size_t classes) {
  constexpr int kEpochs = 60;
  constexpr double kStep = 0.1;
  constexpr double kDecay = 1e-3;
  Matrix weights(classes, std::vector<double>(halves.vocabulary, 0.0));
  std::vector<double> biases(classes, 0.0);
  for (int epoch = 0; epoch < kEpochs; ++epoch) {
    for (const Bag& bag : halves.train) {
      const std::vector<double> shares = softmax(class_scores(weights, biases, bag));
      for (size_t label = 0; label < classes; ++label) {
        const double error = (bag.label == label) - shares[label];
        biases[label] += kStep * error;
        for (const auto& [word, count] : bag.counts) weights[label][word] += kStep * (error * count - kDecay * weights[label][word]);
      }
    }
  }
  double right = 0;
  for (const Bag& bag : halves.test) right += largest(class_scores(weights, biases, bag)) == bag.label;
  return right / static_cast<double>(halves.test.size());
}

class BuiltInSets : public ::testing::TestWithParam<BuiltInSet> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(std::filesystem::exists(path_of(GetParam()))) << path_of(GetParam());
    rows_ = read_rows(path_of(GetParam()));
  }

  std::string at(const Row& row) const { return GetParam().name + ".tsv:" + std::to_string(row.line); }

  std::vector<Row> rows_;
};

TEST_P(BuiltInSets, RowsAreWellFormed) {
  const BuiltInSet& set = GetParam();
  for (const Row& row : rows_) {
    EXPECT_TRUE(std::find(set.labels.begin(), set.labels.end(), row.label) != set.labels.end()) << at(row) << ": label '" << row.label << "'";
    ASSERT_EQ(row.fields.size(), set.fields) << at(row);
    for (const std::string& field : row.fields) {
      EXPECT_GE(words_of(field).size(), 2u) << at(row) << ": " << field;
      EXPECT_FALSE(std::isspace(static_cast<unsigned char>(field.front())) || std::isspace(static_cast<unsigned char>(field.back()))) << at(row);
      EXPECT_EQ(field.find("  "), std::string::npos) << at(row) << ": two spaces";
    }
  }
}

TEST_P(BuiltInSets, AreLargeEnough) { EXPECT_GE(rows_.size(), GetParam().fewest_rows); }

TEST_P(BuiltInSets, AreBalanced) {
  std::map<std::string, size_t> counts;
  for (const Row& row : rows_) ++counts[row.label];
  ASSERT_EQ(counts.size(), GetParam().labels.size());
  for (const auto& [label, count] : counts) EXPECT_EQ(count, rows_.size() / counts.size()) << label;
}

TEST_P(BuiltInSets, HaveNoDuplicates) {
  std::map<std::string, int64_t> lines;
  for (const Row& row : rows_) {
    std::string key;
    for (const std::string& field : row.fields) {
      const std::vector<std::string> words = words_of(field);
      key += joined(words, 0, words.size()) + "|";
    }
    const auto [earlier, is_new] = lines.emplace(key, row.line);
    EXPECT_TRUE(is_new) << at(row) << " says the same as line " << earlier->second;
  }
}

TEST_P(BuiltInSets, NeverNameALabel) {
  for (const Row& row : rows_) {
    for (const std::string& word : words_of(row)) {
      for (const std::string& pattern : GetParam().forbidden) EXPECT_FALSE(matches(word, pattern)) << at(row) << ": '" << word << "'";
    }
  }
}

TEST_P(BuiltInSets, RepeatNoRunOfFourWordsInMoreThanThreeTexts) {
  std::map<std::string, std::set<int64_t>> lines;
  for (const Row& row : rows_) {
    for (const std::string& field : row.fields) {
      const std::vector<std::string> words = words_of(field);
      for (size_t from = 0; from + 4 <= words.size(); ++from) lines[joined(words, from, 4)].insert(row.line);
    }
  }
  for (const auto& [run, where] : lines)
    EXPECT_LE(where.size(), 3u) << "'" << run << "' stands in " << where.size() << " texts, first on line " << *where.begin();
}

TEST_P(BuiltInSets, AreNotSolvedByTheirVocabulary) {
  const size_t classes = GetParam().labels.size();
  for (const size_t parity : {size_t{0}, size_t{1}}) {
    const Halves halves = halve(rows_, GetParam().labels, parity);
    const double bayes = naive_bayes_accuracy(halves, classes);
    const double logistic = logistic_regression_accuracy(halves, classes);
    RecordProperty("naive_bayes_" + std::to_string(parity), std::to_string(bayes));
    RecordProperty("logistic_regression_" + std::to_string(parity), std::to_string(logistic));
    EXPECT_LT(bayes, 0.95) << "naive Bayes, half " << parity;
    EXPECT_LT(logistic, 0.95) << "logistic regression, half " << parity;
  }
}

INSTANTIATE_TEST_SUITE_P(Assets, BuiltInSets, ::testing::ValuesIn(kSets), [](const auto& set) { return set.param.name; });

// The classifiers must be able to fail a set: a vocabulary that gives the class away is learned, a coin is not.
TEST(BagOfWords, ClassifiersLearnATellTaleWordAndNothingFromNoise) {
  std::vector<Row> telling, noise;
  for (int64_t i = 0; i < 80; ++i) {
    const std::string label = i % 2 ? "b" : "a";
    const std::string filler = "word" + std::to_string(i * 7 % 10) + " word" + std::to_string(i * 3 % 11);
    telling.push_back({i, label, {filler + (i % 2 ? " gloomy" : " sunny")}});
    noise.push_back({i, label, {"word" + std::to_string(i / 2 % 10) + " word" + std::to_string(i / 4 % 7)}});
  }
  const std::vector<std::string> labels = {"a", "b"};
  EXPECT_EQ(naive_bayes_accuracy(halve(telling, labels, 0), 2), 1.0);
  EXPECT_EQ(logistic_regression_accuracy(halve(telling, labels, 0), 2), 1.0);
  EXPECT_LT(naive_bayes_accuracy(halve(noise, labels, 0), 2), 0.8);
  EXPECT_LT(logistic_regression_accuracy(halve(noise, labels, 0), 2), 0.8);
}

}  // namespace
}  // namespace manabi::world
