#include "probe/vectors/vector_reader.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "tests/support/error.h"
#include "tests/support/tiny_lm.h"
#include "tests/support/toy_tokenizer.h"

namespace manabi::probe {
namespace {

using test::Vector;

class VectorReaderOfALlama : public testing::Test {
 protected:
  VectorReaderOfALlama()
      : checkpoint{.name = "tiny",
                   .hash = "aa",
                   .lm = test::build(tiny),
                   .tokenizer = std::make_unique<test::ToyTokenizer>(test::ToyTokenizer::Options{})} {}

  SteeringVector vector(VectorUse use, double scale = 1) const {
    at::Tensor values = at::empty({checkpoint.lm->width()}, at::kFloat);
    for (int64_t i = 0; i < values.size(0); ++i) values[i] = scale * std::cos(static_cast<double>(i));
    return {.values = values, .layer = 1, .use = use, .name = "v", .model = "tiny", .checkpoint_hash = "aa"};
  }
  // The sum of log-probabilities of a choice with the vector at the prompt's last token.
  double naive(const learn::EncodedEpisode& encoded, size_t choice, const SteeringVector& vector) const {
    std::vector<model::TokenId> tokens = encoded.prompt;
    tokens.insert(tokens.end(), encoded.choices[choice].begin(), encoded.choices[choice].end());
    const std::vector<Vector> logits = test::naive_logits(tiny, tokens, [&](const model::Site& site, size_t position, Vector& values) {
      if (site != model::Site{model::SiteKind::resid_post, vector.layer} || position + 1 != encoded.prompt.size()) return;
      for (size_t i = 0; i < values.size(); ++i) {
        const double value = vector.values[static_cast<int64_t>(i)].item<double>();
        values[i] = vector.use == VectorUse::add ? values[i] + value : value;
      }
    });
    double sum = 0;
    for (size_t i = 0; i < encoded.choices[choice].size(); ++i) {
      const Vector& row = logits[encoded.prompt.size() - 1 + i];
      double normaliser = 0;
      for (const double logit : row) normaliser += std::exp(logit);
      sum += row[static_cast<size_t>(encoded.choices[choice][i])] - std::log(normaliser);
    }
    return sum;
  }

  const test::TinyLlama tiny = test::make_tiny_llama();
  const model::Checkpoint checkpoint;
  // Choices of one token, of several, of one and several.
  const std::vector<world::Episode> episodes = {{.id = "0", .context = "good: ", .choices = {"a", "b"}},
                                                {.id = "1", .context = "x", .choices = {"pqr", "stu", "vw"}},
                                                {.id = "2", .context = "a longer prompt", .choices = {"1", "23"}}};
};

TEST_F(VectorReaderOfALlama, ScoresAreThoseOfANaiveModelWithTheVectorAtThePromptsEnd) {
  for (const VectorUse use : {VectorUse::replace, VectorUse::add}) {
    for (const int64_t budget : {1, 2048}) {
      learn::ReaderOptions options;
      options.score.token_budget = budget;
      const world::Answers answers = VectorReader(checkpoint, vector(use), options).answer(episodes, world::Ask::choices);
      ASSERT_EQ(answers.size(), 3u);
      for (size_t i = 0; i < 3; ++i) {
        const learn::EncodedEpisode encoded = learn::encode_episode(*checkpoint.tokenizer, episodes[i], options);
        ASSERT_EQ(answers[i].scores.size(), encoded.choices.size());
        EXPECT_EQ(answers[i].exactness, world::Exactness::exact);
        for (size_t choice = 0; choice < encoded.choices.size(); ++choice)
          EXPECT_NEAR(answers[i].scores[choice], naive(encoded, choice, vector(use)), 2 * test::kTolerance);
      }
    }
  }
}

TEST_F(VectorReaderOfALlama, AddingNothingLeavesTheCheckpointsScores) {
  const world::Answers plain = learn::FewShotReader(checkpoint, {}).answer(episodes, world::Ask::choices);
  const world::Answers steered = VectorReader(checkpoint, vector(VectorUse::add, 0), {}).answer(episodes, world::Ask::choices);
  const world::Answers changed = VectorReader(checkpoint, vector(VectorUse::add, 5), {}).answer(episodes, world::Ask::choices);
  for (size_t i = 0; i < episodes.size(); ++i)
    for (size_t choice = 0; choice < plain[i].scores.size(); ++choice) {
      EXPECT_NEAR(steered[i].scores[choice], plain[i].scores[choice], test::kTolerance);
      EXPECT_GT(std::abs(changed[i].scores[choice] - plain[i].scores[choice]), 0.01);
    }
}

TEST_F(VectorReaderOfALlama, NothingAskedIsNothingAnswered) {
  EXPECT_TRUE(VectorReader(checkpoint, vector(VectorUse::add), {}).answer({}, world::Ask::choices).empty());
  EXPECT_THROW(VectorReader(checkpoint, vector(VectorUse::add), {}).answer(episodes, world::Ask::text), base::Error);
}

TEST_F(VectorReaderOfALlama, AVectorOfAnotherModelIsRefused) {
  SteeringVector other = vector(VectorUse::add);
  other.checkpoint_hash = "bb";
  EXPECT_THROW(VectorReader(checkpoint, other, {}), base::Error);
}

}  // namespace
}  // namespace manabi::probe
