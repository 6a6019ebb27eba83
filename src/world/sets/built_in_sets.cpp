#include "world/sets/built_in_sets.h"

#include <filesystem>

namespace manabi::world {

std::vector<BuiltInSet> built_in_sets() {
  return {
      {.name = "sentiment", .family = Family::sentiment, .classes = {{"negative", "negative"}, {"positive", "positive"}}},
      {.name = "questions",
       .family = Family::topic,
       .classes = {{"abbreviation", "abbreviation"},
                   {"entity", "entity"},
                   {"description", "description"},
                   {"human", "human"},
                   {"location", "location"},
                   {"number", "number"}}},
      {.name = "topics",
       .family = Family::topic,
       .classes = {{"world", "world"}, {"sports", "sports"}, {"business", "business"}, {"science", "science"}}},
      {.name = "entailment", .family = Family::entailment, .classes = {{"no", "No"}, {"yes", "Yes"}}},
  };
}

std::string path_of(const BuiltInSet& set, const std::string& assets_folder) {
  return (std::filesystem::path(assets_folder) / (set.name + ".tsv")).string();
}

std::string built_in_source() { return "written for Manabi (Apache-2.0)"; }

Dataset open_built_in_set(const BuiltInSet& set, const std::string& assets_folder) {
  Dataset dataset{.name = set.name, .kind = kind_of(set.family), .field_names = field_names_of(set.family), .source = built_in_source()};
  RowLayout layout{.format = RowFormat::table, .separator = '\t', .columns = {"label"}, .label = "label", .has_comments = true};
  for (const std::string& field : dataset.field_names) {
    layout.columns.push_back(field);
    layout.fields.push_back({field});
  }
  for (const ClassName& name : set.classes) dataset.label_words.push_back(name.word);
  dataset.natural = natural_templates(set.family, "", dataset.label_words, set.name);
  dataset.minimal = minimal_templates(dataset.field_names, set.name);

  const std::string path = path_of(set, assets_folder);
  split_by_turns(read_examples({path}, "row", {layout, set.classes, {}}, dataset.notes), dataset);
  finish(dataset, path);
  return dataset;
}

}  // namespace manabi::world
