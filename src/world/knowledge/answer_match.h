// How well an answer in free text matches the right one, as reading comprehension is scored (Rajpurkar et al. 2016; Lin 2004).
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace manabi::world {

// Lower case, without ASCII punctuation, without the words a, an, the, and with single spaces, in this order (the script of SQuAD). Bytes that
// are not ASCII stay as they are.
std::string normalised_answer(std::string_view text);

// Each is the best over the right answers, 0 to 1; of no right answers 0.
struct AnswerMatch {
  double exact = 0;    // 1 where the normalised texts are equal
  double recall = 0;   // 1 where the normalised right answer, which is not empty, stands in the normalised answer
  double rouge_l = 0;  // F1 of the longest common subsequence of lower-case words of letters and digits, without stemming
};
AnswerMatch match_answer(std::string_view answer, std::span<const std::string> right_answers);

}  // namespace manabi::world
