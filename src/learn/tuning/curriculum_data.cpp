#include "learn/tuning/curriculum_data.h"

#include <memory>
#include <vector>

#include "learn/tuning/knowledge_items.h"

namespace manabi::learn {

TuningData data_of(const world::CurriculumPhase& phase, const world::Readings& readings, int64_t places, const text::Tokenizer& tokenizer,
                   int64_t context, const base::Rng& rng) {
  auto items = std::make_shared<std::vector<TuningItem>>();
  for (const world::ReadItem& each : world::items_of(phase, readings)) {
    const world::Document& document = (each.is_test ? readings.test : readings.train)[static_cast<size_t>(each.document)];
    items->push_back(each.is_question ? item_of_question(tokenizer, document.questions[static_cast<size_t>(each.index)], context)
                                      : item_of_document(tokenizer, document, each.index, context, phase.weight_beside_answers));
  }
  return {.items = std::move(items), .order = world::order_of(phase, readings, places, rng)};
}

}  // namespace manabi::learn
