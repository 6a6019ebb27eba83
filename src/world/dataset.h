// Labelled examples with their splits, and how each data set is phrased: templates, label words, kind of task.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "text/template.h"

namespace manabi::world {

struct Example {
  std::string id;                   // stable within the data set: "dev:17"
  std::vector<std::string> fields;  // in the order of Dataset::field_names: one sentence, or a pair
  int64_t label = 0;                // index into Dataset::label_words
};

// One template of a data set. Its fields: the data set's field names ("{sentence}"), the same with a final period where one is missing
// ("{sentence.}", or " ." as "{sentence .}"), and "{label}", where the label follows.
struct PromptTemplate {
  text::Template text;
  text::Template published;              // with the published code's white space in front of {label}; equal to `text` for other sets
  std::vector<std::string> label_words;  // per class, as this template shows them (True for Yes); none for minimal templates
};

struct Dataset {
  std::string name;
  std::string kind;                      // "sentiment", "topic", "toxicity", "inference": the paper's four types, or the user's word
  std::vector<std::string> field_names;  // {"sentence"} or {"first", "second"}
  std::vector<std::string> label_words;  // per class, under the data set's own names
  std::vector<Example> train;            // demonstrations come from here
  std::vector<Example> test;             // queries come from here; disjoint from train
  std::vector<PromptTemplate> natural;   // templates that name the task
  std::vector<PromptTemplate> minimal;   // templates that do not; their labels are symbols
  std::string source;                    // where the text comes from, and its licence, for the report
  std::string hash;                      // of the examples, their split and order
  std::vector<std::string> notes;        // what the loader left out or changed, for the report

  int64_t classes() const { return static_cast<int64_t>(label_words.size()); }
};

// Where data sets come from: the built-in ones (always there), those of a data folder (`--data`, MANABI_DATA) and the user's TOML files.
class DatasetCatalogue {
 public:
  // `data_folder` may be "": then only the built-in sets are there. `assets_folder` holds the built-in ones.
  DatasetCatalogue(std::string assets_folder, std::string data_folder);

  struct Entry {
    std::string name;
    std::string kind;
    std::string source;
    bool is_built_in = false;
    bool is_present = false;  // its files lie in the data folder
  };
  std::vector<Entry> entries() const;

  // A name of the catalogue or a path to a .toml file. Throws base::Error: unknown name (nearest), files missing (which), an unknown label
  // in a row (file and line), a bad template.
  std::shared_ptr<const Dataset> open(const std::string& name_or_toml) const;

 private:
  std::string assets_folder_;
  std::string data_folder_;
};

}  // namespace manabi::world
