// One template of a data set put to work: what a demonstration shows, where the query's prompt ends and what is scored (docs/white_space.md).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "text/template.h"
#include "world/dataset.h"
#include "world/few_shot/few_shot_config.h"

namespace manabi::world {

// Throws base::Error unless the template has {label} once, some input in front of it, and no field besides the data set's (nearest name).
void check_template(const text::Template& prompt, const std::vector<std::string>& field_names, const std::string& where);

// An example with the label that it is shown with.
struct LabelledExample {
  const Example* example;
  std::string label;
};

struct Prompt {
  std::string context;  // never ends in white space
  std::string gap;      // white space in front of the label; scored with it
};

class Phrasing {
 public:
  Phrasing(const PromptTemplate& prompt, std::vector<std::string> field_names);

  // The template up to {label} as a demonstration shows it, white space in front of the label included.
  std::string input(const Example& example, WhiteSpace white_space) const;

  // Demonstrations joined by three newlines, then the query up to its label.
  Prompt prompt(std::span<const LabelledExample> demonstrations, const Example& query, WhiteSpace white_space) const;

 private:
  struct Halves {
    text::Template before, after;  // of the label
  };
  const Halves& halves(WhiteSpace white_space) const { return white_space == WhiteSpace::clean ? clean_ : paper_; }
  std::string render(const text::Template& part, const Example& example) const;

  Halves clean_, paper_;
  std::vector<std::string> field_names_;
};

}  // namespace manabi::world
