// An adapter that a model alone cannot carry answers episodes like any other learner: a head on the last state, or a prompt whose rows stand
// within the text.
#pragma once

#include <memory>
#include <optional>

#include "learn/scoring/few_shot_reader.h"
#include "learn/scoring/requests.h"
#include "learn/tuning/method.h"
#include "model/adapters/adapter.h"

namespace manabi::learn {

// Whether `adapted` is not enough to read with this adapter.
bool needs_tuned_reader(const model::Adapter& adapter);

// The checkpoint with the adapter of a folder: its model, hash and name change. Throws base::Error for one of another model, and for one that
// needs a reader of its own.
void put_on(model::Checkpoint& checkpoint, const std::string& folder);

// As answer_requests, each request read with its own adapter beside one model, those of one adapter together; the others with the model alone.
// Throws base::Error with the request's line for an adapter that does not fit or that needs a reader of its own.
std::vector<RequestAnswer> answer_adapted_requests(const model::Checkpoint& checkpoint, const std::vector<Request>& requests,
                                                   const std::string& where, const ReaderOptions& options, const base::Watch& watch = {},
                                                   ScoreCost* cost = nullptr);

class TunedReader final : public world::Learner {
 public:
  // The checkpoint, whose own weights are read, outlives the reader. The watch counts episodes.
  TunedReader(const model::Checkpoint& checkpoint, const model::Adapter& adapter, ReaderOptions options, base::Watch watch = {});

  bool can_answer(world::Ask ask) const override { return ask == world::Ask::choices; }
  // Scores of a head are its classes' log-probabilities, and take as many choices as it has classes. Throws base::Error as FewShotReader does.
  world::Answers answer(std::span<const world::Episode> episodes, world::Ask ask) override;

 private:
  const model::Checkpoint& checkpoint_;
  ReaderOptions options_;
  base::Watch watch_;
  std::optional<SoftTemplate> template_;
  model::TunedNetwork network_;
  tensor::ParameterBuffer parameters_;
};

}  // namespace manabi::learn
