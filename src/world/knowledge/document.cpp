#include "world/knowledge/document.h"

#include "base/format/json.h"
#include "base/hash.h"

namespace manabi::world {

std::string hash_of(std::span<const Document> documents) {
  base::Json all = base::Json::array();
  for (const Document& document : documents) {
    base::Json questions = base::Json::array();
    for (const Question& question : document.questions) questions.push_back({question.id, question.text, question.answers, question.kind});
    all.push_back({document.id, document.title, document.texts, std::move(questions)});
  }
  return base::sha256(all.dump());
}

std::string question_prompt(const Question& question) { return "Question: " + question.text + "\nAnswer:"; }

int64_t count_questions(std::span<const Document> documents) {
  int64_t count = 0;
  for (const Document& document : documents) count += std::ssize(document.questions);
  return count;
}

}  // namespace manabi::world
