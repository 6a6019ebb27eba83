#include "world/processes/ginc_documents.h"

#include <algorithm>

namespace manabi::world {

void GincDocuments::draw_document(int64_t number, std::span<int64_t> into) const {
  base::Rng rng = base::Rng(config_.seed).child("documents").child(static_cast<uint64_t>(number));
  if (config_.kind == DocumentKind::independent) {
    for (int64_t& token : into) token = static_cast<int64_t>(rng.below(static_cast<uint64_t>(vocabulary())));
    return;
  }
  const auto known = static_cast<uint64_t>(process_->config().known);
  const int64_t concept_index = config_.kind == DocumentKind::one_concept ? 0 : static_cast<int64_t>(rng.below(known));
  int64_t state = process_->first_state(concept_index, rng);
  for (size_t i = 0; i < into.size(); ++i) {
    into[i] = process_->symbol_of(state);
    if (i + 1 < into.size()) state = process_->next_state(concept_index, state, rng);
  }
}

void GincDocuments::draw(int64_t step, int64_t row, TokenRow into) const {
  base::Rng rng = base::Rng(config_.seed).child("rows").child(static_cast<uint64_t>(step)).child(static_cast<uint64_t>(row));
  const uint64_t number = config_.documents > 0 ? rng.below(static_cast<uint64_t>(config_.documents)) : rng.bits() >> 1;
  std::vector<int64_t> tokens(into.ids.size() + 1);
  draw_document(static_cast<int64_t>(number), tokens);
  std::copy(tokens.begin(), tokens.end() - 1, into.ids.begin());
  std::copy(tokens.begin() + 1, tokens.end(), into.targets.begin());
}

}  // namespace manabi::world
