// What is read and asked in a cell: documents of people and ships that do not exist, of films, or the user's own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "text/tokenizer.h"
#include "world/knowledge/curriculum.h"

namespace manabi::study::pre_instruction {

struct Material {
  world::Readings readings;
  std::vector<world::Document> known;    // that the network was told before, of whose questions some should still be answered
  std::vector<world::Question> general;  // likewise, questions of no document
  std::string general_text;              // and text that it should still tell
  std::string hash;                      // of all that
};

// Of invented documents. The network was told `known` documents of each domain; then come those to train and to test with, none in two lists.
struct InventedPlan {
  int64_t known = 800, train = 800, test = 100;
  int64_t texts = 3;
  bool links_known = false;  // off: of every other known document the questions are told without its texts, of the rest the texts alone
  std::string train_domain = "people", test_domain = "people";
  bool knows_both = false;  // domains, though one alone is read
};
Material invented_material(const InventedPlan& plan, uint64_t seed);
// What such a network is told first: the known documents and their questions.
std::vector<world::Document> known_documents(const InventedPlan& plan, uint64_t seed);

// So many of the documents of a data folder's wiki2023_film, drawn by the seed; what is kept is asked of nq_open and wikitext2 where they are
// there. Throws base::Error where a file is not there.
struct FilmPlan {
  int64_t train = 64, test = 32, general = 100;
};
Material film_material(const std::string& data_folder, const FilmPlan& plan, uint64_t seed);

// The user's own: a folder of .txt files or one .jsonl file, and questions. A fifth of the documents that have questions, at least one, is
// tested with; the others are trained with. Documents without questions are read with those that are tested. Throws base::Error where fewer than
// two documents have questions.
Material own_material(const std::string& documents, const std::string& questions, uint64_t seed);

// The material with every text that is longer than the context cut into several texts of its document, so that all of it is read.
Material fitted(Material material, const text::Tokenizer& tokenizer, int64_t context);

}  // namespace manabi::study::pre_instruction
