#include "world/knowledge/answer_match.h"

#include <algorithm>
#include <cctype>
#include <vector>

namespace manabi::world {
namespace {

using Words = std::vector<std::string>;

bool is_ascii_punctuation(unsigned char c) { return c < 128 && std::ispunct(c); }
bool is_space(unsigned char c) { return c < 128 && std::isspace(c); }
char lower(unsigned char c) { return static_cast<char>(c < 128 ? std::tolower(c) : c); }

Words split(std::string_view text) {
  Words words;
  std::string word;
  for (const char c : text) {
    if (!is_space(static_cast<unsigned char>(c))) {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

// Runs of letters and digits; every byte beyond ASCII counts as a letter.
Words rouge_words(std::string_view text) {
  std::string spaced;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    spaced += byte >= 128 || std::isalnum(byte) ? lower(byte) : ' ';
  }
  return split(spaced);
}

int64_t longest_common_subsequence(const Words& left, const Words& right) {
  std::vector<int64_t> lengths(right.size() + 1, 0);  // of the words of `left` so far and each beginning of `right`
  for (const std::string& word : left) {
    int64_t diagonal = 0;
    for (size_t i = 0; i < right.size(); ++i) {
      const int64_t above = lengths[i + 1];
      lengths[i + 1] = word == right[i] ? diagonal + 1 : std::max(above, lengths[i]);
      diagonal = above;
    }
  }
  return lengths.back();
}

double rouge_l(std::string_view answer, std::string_view right) {
  const Words given = rouge_words(answer), wanted = rouge_words(right);
  const auto common = static_cast<double>(longest_common_subsequence(given, wanted));
  if (common == 0) return 0;
  const double precision = common / static_cast<double>(given.size()), recall = common / static_cast<double>(wanted.size());
  return 2 * precision * recall / (precision + recall);
}

}  // namespace

std::string normalised_answer(std::string_view text) {
  std::string plain;
  for (const char c : text)
    if (!is_ascii_punctuation(static_cast<unsigned char>(c))) plain += lower(static_cast<unsigned char>(c));
  std::string joined;
  for (const std::string& word : split(plain)) {
    if (word == "a" || word == "an" || word == "the") continue;
    if (!joined.empty()) joined += ' ';
    joined += word;
  }
  return joined;
}

AnswerMatch match_answer(std::string_view answer, std::span<const std::string> right_answers) {
  AnswerMatch best;
  const std::string given = normalised_answer(answer);
  for (const std::string& right : right_answers) {
    const std::string wanted = normalised_answer(right);
    best.exact = std::max(best.exact, given == wanted ? 1.0 : 0.0);
    best.recall = std::max(best.recall, !wanted.empty() && given.find(wanted) != std::string::npos ? 1.0 : 0.0);
    best.rouge_l = std::max(best.rouge_l, rouge_l(answer, right));
  }
  return best;
}

}  // namespace manabi::world
