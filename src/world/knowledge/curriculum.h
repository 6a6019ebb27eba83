// In which order documents and questions are read: the arms of Jiang et al. (2024) and whatever else a file says, as phases one after another.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "world/knowledge/document.h"

namespace manabi::world {

// What there is to read. format_questions: a few of the training questions, from which the form of an answer is learned.
enum class Reading { train_documents, train_questions, test_documents, format_questions };
std::string name_of(Reading reading);  // "train documents", ...

// shuffled: all items in a new order every epoch. Else a document's questions stand right before or after its texts: once an epoch, the epochs
// one after the other, or (grouped) the questions of all epochs as one block beside the texts of all epochs.
enum class ReadingOrder { shuffled, questions_before, questions_after, questions_before_grouped, questions_after_grouped };
std::string name_of(ReadingOrder order);  // "shuffled", "questions before", ..., "questions after, grouped"

struct CurriculumPhase {
  std::vector<Reading> reading;
  double epochs = 1;  // against the other phases': how the updates of an arm are shared out
  ReadingOrder order = ReadingOrder::shuffled;
  double rate = 1;                   // times the learning rate of documents
  double weight_beside_answers = 1;  // of a document's tokens that are not part of one of its answers
};

struct Curriculum {
  std::string name;       // "pit": letters, digits, '-' and '+'
  std::string title;      // "pre-instruction-tuning"
  double published = -1;  // exact match in percent, where a paper has it
  std::vector<CurriculumPhase> phases;
};

// [[arm]] with name, title, published, and [[arm.phase]] with read, epochs, order, rate, weight_beside_answers. Throws base::Error with the file
// and key: bad TOML, a key or value that is not known (the nearest), two arms of one name, an arm without phases.
std::vector<Curriculum> read_curricula(const std::string& path);

// What a curriculum reads.
struct Readings {
  std::vector<Document> train, test;
  int64_t most_format_questions = 64;  // the first ones of the training documents, one to four test documents at most (the paper: 64 to 256)
};

// One text or one question of a document.
struct ReadItem {
  bool is_question = false;
  bool is_test = false;
  int64_t document = 0, index = 0;
  bool operator==(const ReadItem&) const = default;
};

// All items of a phase, each once, documents in their order. Throws base::Error where there are none.
std::vector<ReadItem> items_of(const CurriculumPhase& phase, const Readings& readings);
// Places of items_of() for so many items of batches: whole epochs, the last one cut off; grouped, the documents that come first have one
// appearance more where the epochs are no whole number. A pure function of its arguments.
std::vector<int64_t> order_of(const CurriculumPhase& phase, const Readings& readings, int64_t places, const base::Rng& rng);

// How many of `updates` each phase takes: in proportion to epochs times items, at least one.
std::vector<int64_t> shared_updates(const Curriculum& curriculum, const Readings& readings, int64_t updates);

}  // namespace manabi::world
