// A small data set for the tests of this room.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "world/dataset.h"
#include "world/sets/task_family.h"

namespace manabi::world {

// `rows` training and `queries` test examples in turn over the classes, under the templates of `family`.
inline std::shared_ptr<Dataset> toy_set(const std::vector<std::string>& words, int64_t rows = 240, int64_t queries = 40,
                                        Family family = Family::topic) {
  auto dataset = std::make_shared<Dataset>();
  dataset->name = "toy";
  dataset->kind = kind_of(family);
  dataset->field_names = field_names_of(family);
  dataset->label_words = words;
  dataset->natural = natural_templates(family, "", words, dataset->name);
  dataset->minimal = minimal_templates(dataset->field_names, dataset->name);
  const auto example = [&](const std::string& role, int64_t index) {
    std::vector<std::string> fields;
    for (const std::string& field : dataset->field_names) fields.push_back(role + " " + field + " " + std::to_string(index));
    return Example{role + ":" + std::to_string(index), fields, index % dataset->classes()};
  };
  for (int64_t i = 0; i < rows; ++i) dataset->train.push_back(example("train", i));
  for (int64_t i = 0; i < queries; ++i) dataset->test.push_back(example("test", i));
  dataset->hash = "toy";
  return dataset;
}

}  // namespace manabi::world
