// A checkpoint that answers episodes by reading them: the choice with the largest log-probability after the prompt.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "learn/scoring/beginning.h"
#include "learn/scoring/scorer.h"
#include "model/checkpoint.h"
#include "world/episode.h"

namespace manabi::learn {

struct ReaderOptions {
  ScoreOptions score;  // normalised = false: answers whose choices are all one token come without the normaliser (Exactness::unnormalised)
  BeginningToken beginning = BeginningToken::as_checkpoint;
  bool one_token = false;  // score only the first token that the choices do not share (the paper); choices that collide are an error
};

// How an episode becomes tokens: context and choice are encoded together; tokens that all choices share at their start belong to the prompt,
// what follows is scored. A choice that is the beginning of another keeps its last token.
struct EncodedEpisode {
  std::vector<TokenId> prompt;                // what all choices share, beginning token included; at least one token
  std::vector<std::vector<TokenId>> choices;  // what is scored, at least one token each

  int64_t longest() const;  // positions that the longest choice needs; its last token is predicted, not read
};

// Throws base::Error naming the episode and the labels: fewer than two choices, an empty one, two that are the same tokens or, with
// `one_token`, start alike.
EncodedEpisode encode_episode(const text::Tokenizer& tokenizer, const world::Episode& episode, const ReaderOptions& options);

// What readers of episodes share. Throws base::Error for an episode that does not fit the model's context.
void check_length(const model::Checkpoint& checkpoint, const world::Episode& episode, const EncodedEpisode& encoded);
// An answer that still lacks its scores.
world::Answer unscored_answer(const EncodedEpisode& encoded, world::Exactness exactness);

class FewShotReader final : public world::Learner {
 public:
  // The checkpoint outlives the reader. The watch counts episodes.
  FewShotReader(const model::Checkpoint& checkpoint, ReaderOptions options, base::Watch watch = {});

  bool can_answer(world::Ask ask) const override { return ask == world::Ask::choices; }
  // Throws base::Error for another Ask and for an episode that does not fit the model's context.
  world::Answers answer(std::span<const world::Episode> episodes, world::Ask ask) override;
  const ScoreCost& cost() const { return cost_; }  // summed over all calls

 private:
  const model::Checkpoint& checkpoint_;
  ReaderOptions options_;
  base::Watch watch_;
  ScoreCost cost_;
};

}  // namespace manabi::learn
