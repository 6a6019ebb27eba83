// The texts of examples as a set: which of them stand in a split.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "world/dataset.h"

namespace manabi::world {

class Texts {
 public:
  explicit Texts(const std::vector<Example>& examples) {
    fields_.reserve(examples.size());
    for (const Example& example : examples) fields_.insert(&example.fields);
  }

  // Whether an example has exactly the fields of one of these. The examples outlive the set.
  bool contain(const Example& example) const { return fields_.contains(&example.fields); }

 private:
  using Fields = const std::vector<std::string>*;
  struct Hash {
    size_t operator()(Fields fields) const {
      size_t hash = fields->size();
      for (const std::string& field : *fields) hash = hash * 31 + std::hash<std::string_view>{}(field);
      return hash;
    }
  };
  struct Equal {
    bool operator()(Fields left, Fields right) const { return *left == *right; }
  };
  std::unordered_set<Fields, Hash, Equal> fields_;
};

}  // namespace manabi::world
