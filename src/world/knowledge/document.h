// Documents and the questions that they answer: what a network is to know from having read it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace manabi::world {

struct Question {
  std::string id;
  std::string text;                  // "Where was Ada Brown born?"
  std::vector<std::string> answers;  // any of them is right; the first is the one that is taught
  std::string kind;                  // by which reports group: "birthplace", or its first words: "who directed"
};

struct Document {
  std::string id;
  std::string title;
  std::vector<std::string> texts;   // the same facts in other words
  std::vector<Question> questions;  // that its texts answer
};

// SHA-256 over everything in them, in order.
std::string hash_of(std::span<const Document> documents);

// How a question stands in front of its answer: "Question: ...\nAnswer:"; the answer follows after a space.
std::string question_prompt(const Question& question);

int64_t count_questions(std::span<const Document> documents);

}  // namespace manabi::world
