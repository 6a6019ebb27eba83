#include "world/knowledge/curriculum.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include "base/error.h"

namespace manabi::world {
namespace {

bool reads(const CurriculumPhase& phase, Reading reading) { return std::ranges::find(phase.reading, reading) != phase.reading.end(); }

void add_texts(std::span<const Document> documents, bool is_test, std::vector<ReadItem>& items) {
  for (int64_t document = 0; document < std::ssize(documents); ++document)
    for (int64_t text = 0; text < std::ssize(documents[static_cast<size_t>(document)].texts); ++text)
      items.push_back({.is_test = is_test, .document = document, .index = text});
}

void add_questions(std::span<const Document> documents, int64_t at_most, std::vector<ReadItem>& items) {
  for (int64_t document = 0; document < std::ssize(documents); ++document)
    for (int64_t question = 0; question < std::ssize(documents[static_cast<size_t>(document)].questions); ++question)
      if (at_most-- > 0) items.push_back({.is_question = true, .document = document, .index = question});
}

// The places of one document's items: its questions, its texts.
struct Block {
  std::vector<int64_t> questions, texts;
  int64_t size() const { return std::ssize(questions) + std::ssize(texts); }
};

std::vector<Block> blocks_of(std::span<const ReadItem> items) {
  std::map<std::pair<bool, int64_t>, Block> blocks;
  for (int64_t place = 0; place < std::ssize(items); ++place) {
    const ReadItem& item = items[static_cast<size_t>(place)];
    Block& block = blocks[{item.is_test, item.document}];
    (item.is_question ? block.questions : block.texts).push_back(place);
  }
  std::vector<Block> all;
  for (auto& [key, block] : blocks) all.push_back(std::move(block));
  return all;
}

bool has_questions_first(ReadingOrder order) {
  return order == ReadingOrder::questions_before || order == ReadingOrder::questions_before_grouped;
}

// A block's items `times` over: all of its questions' appearances beside all of its texts'.
void append(const Block& block, bool questions_first, int64_t times, std::vector<int64_t>& order) {
  for (const std::vector<int64_t>* part : {questions_first ? &block.questions : &block.texts, questions_first ? &block.texts : &block.questions})
    for (int64_t time = 0; time < times; ++time) order.insert(order.end(), part->begin(), part->end());
}

std::vector<int64_t> shuffled(int64_t items, int64_t places, const base::Rng& rng) {
  std::vector<int64_t> order;
  for (uint64_t epoch = 0; std::ssize(order) < places; ++epoch) {
    base::Rng own = rng.child(epoch);
    for (const int64_t place : own.permutation(items)) order.push_back(place);
  }
  return order;
}

std::vector<int64_t> interleaved(std::span<const Block> blocks, bool questions_first, int64_t places, const base::Rng& rng) {
  std::vector<int64_t> order;
  for (uint64_t epoch = 0; std::ssize(order) < places; ++epoch) {
    base::Rng own = rng.child(epoch);
    for (const int64_t block : own.permutation(std::ssize(blocks))) append(blocks[static_cast<size_t>(block)], questions_first, 1, order);
  }
  return order;
}

std::vector<int64_t> grouped(std::span<const Block> blocks, bool questions_first, int64_t items, int64_t places, base::Rng rng) {
  std::vector<int64_t> order;
  int64_t rest = places % items;  // appearances beyond those of all
  for (const int64_t number : rng.permutation(std::ssize(blocks))) {
    const Block& block = blocks[static_cast<size_t>(number)];
    const int64_t more = std::clamp<int64_t>(rest, 0, block.size());
    const bool is_whole = more == block.size();
    append(block, questions_first, places / items + (is_whole ? 1 : 0), order);
    rest -= more;
    if (is_whole || more == 0) continue;
    // The last further appearance is a part of one.
    std::vector<int64_t> part;
    append(block, questions_first, 1, part);
    order.insert(order.end(), part.begin(), part.begin() + more);
  }
  return order;
}

}  // namespace

std::string name_of(Reading reading) {
  switch (reading) {
    case Reading::train_documents:
      return "train documents";
    case Reading::train_questions:
      return "train questions";
    case Reading::test_documents:
      return "test documents";
    case Reading::format_questions:
      return "format questions";
  }
  return "";
}

std::string name_of(ReadingOrder order) {
  switch (order) {
    case ReadingOrder::shuffled:
      return "shuffled";
    case ReadingOrder::questions_before:
      return "questions before";
    case ReadingOrder::questions_after:
      return "questions after";
    case ReadingOrder::questions_before_grouped:
      return "questions before, grouped";
    case ReadingOrder::questions_after_grouped:
      return "questions after, grouped";
  }
  return "";
}

std::vector<ReadItem> items_of(const CurriculumPhase& phase, const Readings& readings) {
  std::vector<ReadItem> items;
  if (reads(phase, Reading::train_documents)) add_texts(readings.train, /*is_test=*/false, items);
  if (reads(phase, Reading::test_documents)) add_texts(readings.test, /*is_test=*/true, items);
  if (reads(phase, Reading::train_questions))
    add_questions(readings.train, count_questions(readings.train), items);
  else if (reads(phase, Reading::format_questions))
    add_questions(readings.train, std::clamp<int64_t>(std::ssize(readings.test) / 4, 1, readings.most_format_questions), items);
  if (!items.empty()) return items;
  std::vector<std::string> names;
  for (const Reading reading : phase.reading) names.push_back(name_of(reading));
  throw base::Error({.given = "a phase with nothing to read", .expected = fmt::format("{}", fmt::join(names, ", "))});
}

std::vector<int64_t> order_of(const CurriculumPhase& phase, const Readings& readings, int64_t places, const base::Rng& rng) {
  const std::vector<ReadItem> items = items_of(phase, readings);
  const std::vector<Block> blocks = blocks_of(items);
  std::vector<int64_t> order;
  switch (phase.order) {
    case ReadingOrder::shuffled:
      order = shuffled(std::ssize(items), places, rng);
      break;
    case ReadingOrder::questions_before:
    case ReadingOrder::questions_after:
      order = interleaved(blocks, has_questions_first(phase.order), places, rng);
      break;
    case ReadingOrder::questions_before_grouped:
    case ReadingOrder::questions_after_grouped:
      order = grouped(blocks, has_questions_first(phase.order), std::ssize(items), places, rng);
      break;
  }
  order.resize(static_cast<size_t>(places));
  return order;
}

std::vector<int64_t> shared_updates(const Curriculum& curriculum, const Readings& readings, int64_t updates) {
  std::vector<double> weights;
  for (const CurriculumPhase& phase : curriculum.phases) weights.push_back(phase.epochs * static_cast<double>(items_of(phase, readings).size()));
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<int64_t> shares;
  double due = 0;
  int64_t given = 0;
  for (const double weight : weights) {
    due += weight / sum * static_cast<double>(updates);
    shares.push_back(std::max<int64_t>(1, std::llround(due) - given));
    given += shares.back();
  }
  return shares;
}

}  // namespace manabi::world
