// Small images with their classes, as numbers whose mean is 0 and whose deviation is 1 over the whole set: what tasks are projected from.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "world/images/drawings.h"

namespace manabi::world {

struct LabelledImages {
  std::string name;                            // "digits": how cells call them
  std::string source;                          // where they come from, for the report
  int64_t input_width = 0;                     // I: numbers of an image
  std::vector<float> inputs;                   // [images, I]
  std::vector<std::vector<int64_t>> of_class;  // which images each class has

  int64_t classes() const { return std::ssize(of_class); }
  std::span<const float> input(int64_t image) const {
    return std::span(inputs).subspan(static_cast<size_t>(image * input_width), static_cast<size_t>(input_width));
  }
  std::string hash() const;  // of everything that a task can depend on
};

// Two parts of one set: for training, and what is held out of every class.
struct SplitImages {
  std::shared_ptr<const LabelledImages> training, held_out;
};

// Whether MNIST's test set lies in the folder mnist of the data folder, which may be "".
bool has_mnist(const std::string& data_folder);
// The digits below `classes` of MNIST's ten thousand test images, scaled to `side` a side; every fifth image of a class is held out. Throws
// base::Error with the file for what is not MNIST, and for classes outside 2 to 10.
SplitImages read_mnist(const std::string& data_folder, int64_t side, int64_t classes);

// Every character a class. The first so many drawings of each are for training, the rest held out.
SplitImages split(const Drawings& drawings, int64_t training_exemplars);

}  // namespace manabi::world
