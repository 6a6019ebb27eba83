// The prompts of Pan et al. 2023 (appendix and published code): three natural templates per task family, three minimal ones for all.
#pragma once

#include <string>
#include <vector>

#include "world/dataset.h"

namespace manabi::world {

enum class Family {
  sentiment,     // one sentence
  topic,         // one sentence
  hate,          // one sentence
  hate_towards,  // one sentence, with a target group: "race"
  stance,        // one sentence, with a stance: "atheist"
  paraphrase,    // a pair
  entailment,    // a pair, yes or no
  inference      // a pair, yes, no or unknown
};

std::string kind_of(Family family);
std::vector<std::string> field_names_of(Family family);

// `about` is the target group or the stance; `words` are the data set's label words, which some templates turn from Yes and No into True and
// False. `name` is the data set's, for messages.
std::vector<PromptTemplate> natural_templates(Family family, const std::string& about, const std::vector<std::string>& words,
                                              const std::string& name);

// For one field or two; empty for more, which no published template covers.
std::vector<PromptTemplate> minimal_templates(const std::vector<std::string>& fields, const std::string& name);

}  // namespace manabi::world
