// The default model's scores against transformers on the same dequantised weights (tests/parity/scores.py made golden/scores.json).
#include "tests/support/default_model.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "base/format/json.h"
#include "learn/scoring/requests.h"

namespace manabi::learn {
namespace {

constexpr double kTolerance = 2e-4;  // nats of a whole choice, float32
// bfloat16 keeps 8 bits: some hundredths of a nat a token (docs/numbers.md has the measured error).
constexpr double kToleranceOfBFloat16PerToken = 0.4;

struct Golden {
  std::vector<Request> requests;
  base::Json answers = base::read_json(std::string(MANABI_SOURCE_FOLDER) + "/tests/learn/golden/scores.json");

  Golden() {
    for (const base::Json& answer : answers)
      requests.push_back({.context = answer.at("context"), .choices = answer.at("choices"), .line = static_cast<int64_t>(requests.size()) + 1});
  }
};

std::vector<RequestAnswer> answers_of(const Golden& golden, at::ScalarType dtype) {
  const model::Checkpoint checkpoint = model::open_checkpoint(test::default_model_path(), {.compute = {.dtype = dtype}});
  return answer_requests(checkpoint, golden.requests, "golden", {});
}

TEST(DefaultModelScores, AreThoseOfTransformers) {
  MANABI_NEEDS_DEFAULT_MODEL();
  const Golden golden;
  ASSERT_EQ(golden.requests.size(), 20u);
  const std::vector<RequestAnswer> answers = answers_of(golden, at::kFloat);
  for (size_t i = 0; i < answers.size(); ++i) {
    EXPECT_EQ(answers[i].tokens, golden.answers[i].at("tokens").get<std::vector<int64_t>>()) << i;
    const auto expected = golden.answers[i].at("scores").get<std::vector<double>>();
    for (size_t choice = 0; choice < expected.size(); ++choice) EXPECT_NEAR(answers[i].scores[choice], expected[choice], kTolerance) << i;
  }
}

TEST(DefaultModelScores, InBFloat16StayNear) {
  MANABI_NEEDS_DEFAULT_MODEL();
  const Golden golden;
  const std::vector<RequestAnswer> answers = answers_of(golden, at::kBFloat16);
  for (size_t i = 0; i < answers.size(); ++i) {
    const auto expected = golden.answers[i].at("scores").get<std::vector<double>>();
    for (size_t choice = 0; choice < expected.size(); ++choice)
      EXPECT_NEAR(answers[i].scores[choice], expected[choice], kToleranceOfBFloat16PerToken * static_cast<double>(answers[i].tokens[choice]))
          << i;
  }
}

}  // namespace
}  // namespace manabi::learn
