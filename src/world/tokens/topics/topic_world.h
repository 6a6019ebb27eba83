// What networks are trained on in the language of topics: rows of labelled examples under a mixture of label settings. A row asks for the true
// label of every example: as many prompts as it has examples, with 0, 1, ... demonstrations before the query, each number equally often.
#pragma once

#include <memory>

#include "world/tokens/token_world.h"
#include "world/tokens/topics/topic_sequence.h"

namespace manabi::world {

struct TopicMixture {
  double random_share = 0.15;    // of rows
  double abstract_share = 0.25;  // the rest has gold labels
  double rare_share = 0.05;      // of abstract rows: those with rare symbols
  int64_t most_shots = 32;       // a row has one example more
};

class TopicWorld final : public TokenWorld {
 public:
  // Throws base::Error for shares that are none.
  TopicWorld(std::shared_ptr<const Topics> topics, const TopicMixture& mixture, uint64_t seed);

  int64_t vocabulary() const override { return topics_->vocabulary(); }
  int64_t outputs() const override { return topics_->outputs(); }
  int64_t length() const override { return asked() * topics_->example_length(); }
  int64_t asked() const override { return mixture_.most_shots + 1; }
  void draw(int64_t step, int64_t row, TokenRow into) const override;

  // The sequence of a row, with its setting: for tests and pages.
  struct Drawn {
    TopicSetting setting;
    TopicSequence sequence;
  };
  Drawn drawn(int64_t step, int64_t row) const;

 private:
  std::shared_ptr<const Topics> topics_;
  TopicMixture mixture_;
  uint64_t seed_;
};

// Sequence `index` of the questions about a group of topics: every topic in turn. The words do not depend on the setting.
TopicSequence topic_question(const Topics& topics, TopicGroup group, const TopicSetting& setting, int64_t examples, uint64_t seed,
                             int64_t index);

}  // namespace manabi::world
