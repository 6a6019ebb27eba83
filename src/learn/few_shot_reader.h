// A checkpoint that answers episodes by reading them: the choice with the largest log-probability after the prompt.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "learn/scorer.h"
#include "model/checkpoint.h"
#include "world/episode.h"

namespace manabi::learn {

enum class BeginningToken { as_checkpoint, always, never };
BeginningToken parse_beginning_token(const std::string& name);  // "auto", "always", "never"

struct ReaderOptions {
  ScoreOptions score;
  BeginningToken beginning = BeginningToken::as_checkpoint;
  bool one_token = false;  // score only the first token that the choices do not share (the paper); choices that collide are an error
};

// How an episode becomes tokens: context and choice are encoded together; tokens that all choices share at their start belong to the prompt,
// what follows is scored.
struct EncodedEpisode {
  std::vector<TokenId> prompt;                 // what all choices share, beginning token included
  std::vector<std::vector<TokenId>> choices;   // what is scored, at least one token each
};
EncodedEpisode encode_episode(const text::Tokenizer& tokenizer, const world::Episode& episode, const ReaderOptions& options);

class FewShotReader final : public world::Learner {
 public:
  // The checkpoint outlives the reader.
  FewShotReader(const model::Checkpoint& checkpoint, ReaderOptions options, base::Watch watch = {});

  bool can_answer(world::Ask ask) const override { return ask == world::Ask::choices; }
  world::Answers answer(std::span<const world::Episode> episodes, world::Ask ask) override;
  const ScoreCost& cost() const { return cost_; }  // summed over all calls

 private:
  const model::Checkpoint& checkpoint_;
  ReaderOptions options_;
  base::Watch watch_;
  ScoreCost cost_;
};

}  // namespace manabi::learn
