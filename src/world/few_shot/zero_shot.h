// A labelled example without demonstrations: the template up to its label, and every label as it would follow.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "world/dataset.h"
#include "world/episode.h"
#include "world/few_shot/prompt.h"

namespace manabi::world {

class ZeroShot {
 public:
  // Throws base::Error for a template that the set has not.
  ZeroShot(std::shared_ptr<const Dataset> dataset, int64_t template_index);

  // Choices in the order of the classes.
  Episode episode(const Example& example) const;
  std::vector<Episode> episodes(std::span<const Example> examples) const;
  const Dataset& dataset() const { return *dataset_; }

 private:
  std::shared_ptr<const Dataset> dataset_;
  Phrasing phrasing_;
  std::vector<std::string> labels_;
};

// `count` examples of one split, in a random order of the seed, classes in turn where they last: few examples are then balanced.
std::vector<Example> balanced_sample(std::span<const Example> examples, int64_t classes, int64_t count, uint64_t seed);

}  // namespace manabi::world
