// A checkpoint with a vector in its stream answers episodes like any other learner: the vector stands at the last token of the prompt, and the
// choices are compared behind it.
#pragma once

#include "learn/scoring/few_shot_reader.h"
#include "probe/vectors/steering_vector.h"

namespace manabi::probe {

class VectorReader final : public world::Learner {
 public:
  // The checkpoint outlives the reader. The watch counts episodes. Throws base::Error for a vector of another model.
  VectorReader(const model::Checkpoint& checkpoint, SteeringVector vector, learn::ReaderOptions options, base::Watch watch = {});

  bool can_answer(world::Ask ask) const override { return ask == world::Ask::choices; }
  // Scores are always exact. Throws base::Error as learn::FewShotReader does.
  world::Answers answer(std::span<const world::Episode> episodes, world::Ask ask) override;

 private:
  const model::Checkpoint& checkpoint_;
  SteeringVector vector_;
  learn::ReaderOptions options_;
  base::Watch watch_;
};

}  // namespace manabi::probe
