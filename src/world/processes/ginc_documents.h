// Documents of GINC as rows to train on.
#pragma once

#include <memory>

#include "world/processes/ginc.h"
#include "world/tokens/token_world.h"

namespace manabi::world {

// mixture: each document from one of the known concepts. one_concept: all from the first. independent: every token uniform over all symbols,
// which tells nothing (the published ablation "random transitions" is this).
enum class DocumentKind { mixture, one_concept, independent };

struct GincDocumentsConfig {
  int64_t length = 128;   // T: a row holds so many tokens, and one more is told
  int64_t documents = 0;  // of a finite set, drawn from with replacement; 0: every row is new
  DocumentKind kind = DocumentKind::mixture;
  uint64_t seed = 0;
};

class GincDocuments final : public TokenWorld {
 public:
  GincDocuments(std::shared_ptr<const Ginc> process, const GincDocumentsConfig& config) : process_(std::move(process)), config_(config) {}

  int64_t vocabulary() const override { return process_->config().symbols; }
  int64_t length() const override { return config_.length; }
  void draw(int64_t step, int64_t row, TokenRow into) const override;

  // Document `number`, `into` [any length].
  void draw_document(int64_t number, std::span<int64_t> into) const;

 private:
  std::shared_ptr<const Ginc> process_;
  GincDocumentsConfig config_;
};

}  // namespace manabi::world
