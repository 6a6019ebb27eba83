// What can be chosen about few-shot episodes, and how the choices are spelled on the command line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

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
  // Every K of the sweep: one ordered list is drawn, balanced at each of these, K=4 the start of K=8. A larger K never changes the
  // demonstrations of a smaller one.
  std::vector<int64_t> ladder = {16};
  // 0: demonstrations as they were drawn; n: the n-th random rearrangement of the same demonstrations, labels and all.
  int64_t order = 0;
  int64_t template_index = 0;  // 0-based
  Demonstrations demonstrations = Demonstrations::fresh;
  WhiteSpace white_space = WhiteSpace::clean;
  TooLong too_long = TooLong::drop_item;
  uint64_t seed = 0;
};

}  // namespace manabi::world
