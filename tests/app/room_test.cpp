#include "app/verbs/tune/room.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/error.h"
#include "tests/support/tiny_llama.h"
#include "tests/support/tiny_lm.h"

namespace manabi::app {
namespace {

TEST(CheckRoom, SaysHowMuchIsNeededAndWhatWouldFit) {
  const auto network = test::build(test::make_tiny_llama())->frozen(at::kFloat);
  const learn::MethodOptions method{.method = learn::TuningMethod::full, .lengths = {4}, .classes = 2};
  learn::TuningPlan plan{.parts = method.parts(*network), .lr = {1e-3}, .threads = 2};
  const int64_t needed = learn::Tuning::bytes(network, plan);
  EXPECT_GE(needed, 4 * network->parameters * (1 + 2 + 2)) << "values, two means, gradients of two parts";
  learn::TuningPlan alone = plan;
  alone.threads = 1;
  EXPECT_LT(learn::Tuning::bytes(network, alone), needed);
  check_room(network, plan, method, needed);
  check_room(network, plan, method, std::nullopt);
  const base::Fault fault = test::fault_of([&] { check_room(network, plan, method, needed - 1); });
  EXPECT_THAT(fault.given, testing::HasSubstr("MiB beside the model"));
  EXPECT_THAT(fault.hint,
              testing::AllOf(testing::HasSubstr("lora"), testing::HasSubstr("prompt-tuning"), testing::Not(testing::HasSubstr("full"))));
  EXPECT_THAT(test::fault_of([&] { check_room(network, plan, method, 0); }).hint, testing::HasSubstr("--threads"));
}

}  // namespace
}  // namespace manabi::app
