// Documents about people and ships that do not exist: every one has the same kinds of facts, drawn uniformly, so that nothing but its text tells
// them (as in Allen-Zhu and Li 2023). Texts and questions are of words between single spaces.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "world/knowledge/document.h"

namespace manabi::world {

std::vector<std::string> invented_domains();  // "people", "ships"

struct InventedRange {
  int64_t first = 0;  // of a domain's documents, whose subjects are all different
  int64_t count = 0;
  int64_t texts = 3;  // of each: sentences in another order and in other words
};
// How many documents a domain has.
inline constexpr int64_t kInventedDocuments = 10'000;

// A document is a pure function of its domain, its place, and the seed. Throws base::Error for an unknown domain and a range past its end.
std::vector<Document> invented_documents(const std::string& domain, const InventedRange& range, uint64_t seed);

// All words of all domains, and those of question_prompt, each once.
std::vector<std::string> invented_words();

}  // namespace manabi::world
