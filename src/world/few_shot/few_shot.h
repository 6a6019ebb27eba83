// Few-shot classification as a world: a labelled data set under a prompt template and a label setting (Pan et al. 2023, section 3).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "text/tokenizer.h"
#include "world/dataset.h"
#include "world/episode.h"
#include "world/few_shot/demonstration_choice.h"
#include "world/few_shot/few_shot_config.h"
#include "world/few_shot/prompt.h"

namespace manabi::world {

// Token limit of the learner that will read the episodes; a null tokenizer means no limit. The tokenizer outlives the world.
struct PromptLimit {
  const text::Tokenizer* tokenizer = nullptr;
  int64_t tokens = 0;  // the model's context less what it reserves (a beginning token, for instance)
};

class FewShotWorld final : public World {
 public:
  // Throws base::Error when the data set cannot fill the ladder (too few examples of a class), has no such template, or has more classes
  // than there are symbols; when `shots` is neither 0 nor a step of the ladder.
  FewShotWorld(std::shared_ptr<const Dataset> dataset, FewShotConfig config, PromptLimit limit = {});

  // The same demonstrations in the same order for every setting, template, white space and symbols. choices[c] is what class c is called,
  // so that `target` is the query's class in every setting. With TooLong::drop_demonstrations the list is shortened until the longest
  // prompt that any setting could show fits; with drop_item the episode is drawn whole, and fits() says whether to use it.
  Episode draw(int64_t draw, int64_t index) const override;
  int64_t queries() const override;  // size of the test split
  double chance() const override { return 1.0 / static_cast<double>(dataset_->classes()); }
  double majority() const;  // accuracy of always answering the test split's most frequent class

  // Whether the longest prompt of this draw and query fits the limit, answer included: over every K of the ladder, all label settings (each
  // label at its longest) and both kinds of white space. With drop_demonstrations: whether the query alone does.
  bool fits(int64_t draw, int64_t index) const;

  // Identity for a cell's key: everything here that changes an episode or the answer of fits(), the templates' text included.
  std::string hash() const;

 private:
  // One template with what may stand in its label's place.
  struct Style {
    Phrasing phrasing;
    std::vector<std::string> labels;  // the natural template's words per class; for the minimal one every symbol of every kind
    std::string longest_label;        // in tokens; unused without a limit
  };
  // A demonstration: a row of the training split and the class whose word it shows.
  struct Shot {
    int64_t row;
    int64_t shown_class;
  };

  void check_config() const;
  void check_pools() const;
  std::optional<Style> style_of(const std::vector<PromptTemplate>& templates, std::vector<std::string> labels) const;
  const Style& shown_style() const;
  const Example& query_at(int64_t index) const;
  base::Rng stream(std::string_view purpose, int64_t draw, const Example& query) const;
  std::vector<int64_t> draw_rows(int64_t draw, const Example& query, std::span<const int64_t> steps) const;
  std::vector<Shot> draw_shots(int64_t draw, const Example& query) const;
  std::vector<Shot> labelled(std::span<const int64_t> rows, int64_t draw, const Example& query) const;
  void rearrange(std::vector<Shot>& shots, int64_t draw, const Example& query) const;
  void drop_until_fitting(std::vector<Shot>& shots, int64_t draw, const Example& query) const;
  static std::vector<int64_t> rows_of(std::span<const Shot> shots);
  std::vector<std::string> draw_labels(int64_t draw, const Example& query) const;
  bool every_prompt_fits(std::span<const int64_t> rows, const Example& query) const;

  std::shared_ptr<const Dataset> dataset_;
  FewShotConfig config_;
  PromptLimit limit_;
  std::vector<int64_t> steps_;  // of the ladder
  ClassPools pools_;
  std::optional<Style> natural_, minimal_;
};

// The order in which queries are taken when only some are wanted: a fixed permutation per (data set, seed), the same for every setting.
std::vector<int64_t> query_order(const Dataset& dataset, uint64_t seed);

// The queries of one draw: the next `count` of the fixed order, starting where the draw before it would end, that fit; and how many were passed
// over. Throws base::Error when none fits.
struct Queries {
  std::vector<int64_t> indices;
  int64_t dropped = 0;

  std::string hash() const;  // for a cell's key
};
Queries fitting_queries(const FewShotWorld& world, const Dataset& dataset, int64_t draw, int64_t count);

}  // namespace manabi::world
