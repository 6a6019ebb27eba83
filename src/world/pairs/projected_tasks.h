// Tasks that are made of one set of labelled images: each sees the images through a matrix of its own and calls the classes by names of its own
// (Kirsch, Harrison, Sohl-Dickstein and Metz 2022, section 3). A task is a number, from which both are drawn: as many as one likes cost no
// memory.
#pragma once

#include <cstdint>
#include <memory>

#include "world/images/labelled_images.h"
#include "world/pairs/pair_world.h"

namespace manabi::world {

struct ProjectedTasksConfig {
  int64_t pairs = 29;      // K: with the query a row holds K + 1 labelled images
  int64_t labels = 5;      // C: of a row's classes, which are drawn from those of the set
  int64_t tasks = 0;       // from which a row's is drawn; 0: every row has a new one, which is none of any other world's first 2^40
  double plain_share = 0;  // of rows in which every class keeps its own name, whatever the task says
  uint64_t task_seed = 0;  // of matrices and names
  uint64_t seed = 0;       // of the rows
};

class ProjectedTasks final : public PairWorld {
 public:
  // Throws base::Error for numbers that do not fit together, or fewer classes in the set than labels.
  ProjectedTasks(std::shared_ptr<const LabelledImages> images, const ProjectedTasksConfig& config);

  PairShape shape() const override { return {.pairs = config_.pairs, .input_width = images_->input_width, .labels = config_.labels}; }
  void draw(int64_t step, int64_t row, PairRow into) const override;

 private:
  std::shared_ptr<const LabelledImages> images_;
  ProjectedTasksConfig config_;
};

}  // namespace manabi::world
