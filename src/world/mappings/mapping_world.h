// What networks are trained on that are to learn tasks from demonstrations: rows of examples of one task, the output of each of which is asked,
// so that a row trains with 0, 1, ... demonstrations at once.
#pragma once

#include <memory>
#include <vector>

#include "text/tokenizer.h"
#include "world/mappings/mapping_task.h"
#include "world/tokens/token_world.h"

namespace manabi::world {

class MappingWorld final : public TokenWorld {
 public:
  // Every row draws its task uniformly and `examples` pairs of it, inputs never twice. Throws base::Error for a task with fewer pairs, an output
  // of other than one token, and a text that the tokenizer does not know.
  MappingWorld(std::span<const MappingTask> tasks, std::shared_ptr<const text::Tokenizer> tokenizer, int64_t examples, uint64_t seed);

  int64_t vocabulary() const override { return tokenizer_->size(); }
  int64_t length() const override { return length_; }
  int64_t asked() const override { return examples_; }
  void draw(int64_t step, int64_t row, TokenRow into) const override;

  // The task of a row, by its place.
  int64_t task_of(int64_t step, int64_t row) const;

 private:
  // A line "example:x->y" and its end, and where the output stands in it.
  struct Line {
    std::vector<text::TokenId> tokens;
    int64_t output = 0;
  };

  std::vector<std::vector<Line>> lines_;  // of every task
  std::shared_ptr<const text::Tokenizer> tokenizer_;
  text::TokenId filler_ = 0;  // the end of a line, behind the last example
  int64_t examples_;
  int64_t length_ = 0;
  uint64_t seed_;
};

}  // namespace manabi::world
