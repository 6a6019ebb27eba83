// What networks are trained on that are to learn tasks from demonstrations: rows of examples of one task, the output of each of which is asked,
// so that a row trains with 0, 1, ... demonstrations at once. Other rows may name their tasks instead, as text often does.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "text/tokenizer.h"
#include "world/mappings/mapping_task.h"
#include "world/tokens/token_world.h"

namespace manabi::world {

class MappingWorld final : public TokenWorld {
 public:
  // Every row draws its task uniformly and `examples` pairs of it, inputs never twice. A share of the rows, `named_share`, is of another kind:
  // every example draws a task of its own and says its name (symbol_of_task) behind the input, before the arrow. Throws base::Error for a task
  // with fewer pairs, an output of other than one token, a share outside [0, 1] and a text that the tokenizer does not know.
  MappingWorld(std::span<const MappingTask> tasks, std::shared_ptr<const text::Tokenizer> tokenizer, int64_t examples, uint64_t seed,
               double named_share = 0);

  int64_t vocabulary() const override { return tokenizer_->size(); }
  int64_t length() const override { return length_; }
  int64_t asked() const override { return examples_; }
  void draw(int64_t step, int64_t row, TokenRow into) const override;

  // Whether the examples of a row name their tasks.
  bool is_named(int64_t step, int64_t row) const;
  // The task of a row whose examples do not, by its place.
  int64_t task_of(int64_t step, int64_t row) const;

 private:
  // A line "example:x->y" and its end, and where the output stands in it.
  struct Line {
    std::vector<text::TokenId> tokens;
    int64_t output = 0;
  };

  void draw_shown(int64_t step, int64_t row, TokenRow into) const;
  void draw_named(int64_t step, int64_t row, TokenRow into) const;
  // Writes a line at `at`, with `name` before its arrow where there is one, asks its output, and moves on behind it.
  static void write(const Line& line, std::optional<text::TokenId> name, TokenRow into, size_t& at);

  std::vector<std::vector<Line>> lines_;  // of every task
  std::vector<text::TokenId> names_;      // of every task, where rows name them
  std::shared_ptr<const text::Tokenizer> tokenizer_;
  text::TokenId filler_ = 0;  // the end of a line, behind the last example
  int64_t examples_;
  int64_t length_ = 0;
  uint64_t seed_;
  double named_share_;
};

// The symbol by which a row names a task: "[next_letter]".
std::string symbol_of_task(const MappingTask& task);

}  // namespace manabi::world
