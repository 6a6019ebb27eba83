// Few-shot classification as a world: a labelled data set under a prompt template and a label setting (Pan et al. 2023, section 3).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "text/tokenizer.h"
#include "world/dataset.h"
#include "world/episode.h"

namespace manabi::world {

// How labels are shown. gold, random: natural template; abstract: minimal template, classes renamed by a random one-to-one map.
// flipped: natural template, every demonstration's label replaced by a wrong one (Wei et al. 2023), scored against the true word.
enum class LabelSetting { gold, random, abstract, flipped };
enum class Symbols { numbers, letters, symbols };
// fresh: demonstrations and the abstract map are drawn anew for every query (the paper); fixed: once a draw, shared by all its queries.
enum class Demonstrations { fresh, fixed };
// clean: a demonstration and the query end alike and the label follows with the same left context; paper: the published code's habits.
enum class WhiteSpace { clean, paper };
// What happens to a prompt that does not fit: the item is dropped at every K and setting, or demonstrations are dropped as in the paper.
enum class TooLong { drop_item, drop_demonstrations };

// parse_x throws base::Error with the nearest name; name_of is its inverse.
LabelSetting parse_label_setting(const std::string& name);
Symbols parse_symbols(const std::string& name);
Demonstrations parse_demonstrations(const std::string& name);
WhiteSpace parse_white_space(const std::string& name);
TooLong parse_too_long(const std::string& name);
std::string name_of(LabelSetting setting);
std::string name_of(Symbols symbols);
std::string name_of(Demonstrations demonstrations);
std::string name_of(WhiteSpace white_space);
std::string name_of(TooLong too_long);

struct FewShotConfig {
  LabelSetting setting = LabelSetting::gold;
  Symbols symbols = Symbols::numbers;
  int64_t shots = 16;
  std::vector<int64_t> ladder = {16};  // every K of the sweep: one ordered list is drawn, balanced at each of these, K=4 the start of K=8
  int64_t template_index = 0;          // 0-based
  Demonstrations demonstrations = Demonstrations::fresh;
  WhiteSpace white_space = WhiteSpace::clean;
  TooLong too_long = TooLong::drop_item;
  uint64_t seed = 0;
};

// Token limit of the learner that will read the episodes; a null tokenizer means no limit.
struct PromptLimit {
  const text::Tokenizer* tokenizer = nullptr;
  int64_t tokens = 0;  // the model's context less what it reserves
};

class FewShotWorld final : public World {
 public:
  // Throws base::Error when the data set cannot fill the ladder (too few examples of a class), has no such template, or has more classes
  // than there are symbols.
  FewShotWorld(std::shared_ptr<const Dataset> dataset, FewShotConfig config, PromptLimit limit = {});

  Episode draw(int64_t draw, int64_t index) const override;
  int64_t queries() const override;   // size of the test split
  double chance() const override { return 1.0 / static_cast<double>(dataset_->classes()); }
  double majority() const;            // accuracy of always answering the test split's most frequent class

  // Whether the longest prompt of this draw and query, over every K of the ladder and all label settings, fits the limit.
  bool fits(int64_t draw, int64_t index) const;

  // Identity for a cell's key: everything here that changes an episode, the templates' text included.
  std::string hash() const;

 private:
  std::shared_ptr<const Dataset> dataset_;
  FewShotConfig config_;
  PromptLimit limit_;
};

// The order in which queries are taken when only some are wanted: a fixed permutation per (data set, seed), the same for every setting.
std::vector<int64_t> query_order(const Dataset& dataset, uint64_t seed);

}  // namespace manabi::world
