#include "learn/training/training_run.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/error.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/toy_training.h"

namespace manabi::learn {
namespace {

using test::ToyTraining;
using testing::HasSubstr;

class TrainingRunTest : public testing::Test {
 protected:
  TrainingPlan plan(int64_t steps) const { return {.steps = steps, .curve_every = 5, .made_of = {{"seeds", 2}, {"width", 16}}}; }
  ToyTraining toy() const { return ToyTraining({1, 2}, at::kFloat, {.threads = 2}); }
  std::filesystem::path file() const { return folder_.path("state.safetensors"); }

  test::TemporaryFolder folder_;
};

TEST_F(TrainingRunTest, ACutOffRunGoesOnBitForBit) {
  ToyTraining whole = toy();
  TrainingRun uncut(*whole.parameters, *whole.trainer, plan(43), folder_.path("other.safetensors"));
  uncut.train_to(43, {});
  {
    ToyTraining first = toy();
    TrainingRun(*first.parameters, *first.trainer, plan(43), file()).train_to(18, {});
  }
  ToyTraining second = toy();
  TrainingRun resumed(*second.parameters, *second.trainer, plan(43), file());
  resumed.resume();
  EXPECT_EQ(second.trainer->steps_done(), 18);
  resumed.train_to(43, {});
  EXPECT_TRUE(at::equal(second.parameters->values(), whole.parameters->values()));
  EXPECT_EQ(resumed.curves(), uncut.curves());
  EXPECT_EQ(resumed.curves()[0].size(), 8u);
}

TEST_F(TrainingRunTest, WhatWasMeasuredBeforeACutIsKept) {
  TrainingPlan measured = plan(20);
  measured.measured_after = {3, 10, 20};
  int64_t calls = 0;
  const Measure measure = [&] { return std::vector<std::vector<double>>{{1.0 * ++calls, 7}, {2.0 * calls, 8}}; };
  {
    ToyTraining first = toy();
    TrainingRun(*first.parameters, *first.trainer, measured, file()).train_to(12, {}, measure);
  }
  ToyTraining second = toy();
  TrainingRun resumed(*second.parameters, *second.trainer, measured, file());
  resumed.resume();
  resumed.train_to(20, {}, measure);
  ASSERT_EQ(resumed.measurements().size(), 3u);
  EXPECT_EQ(resumed.measurements()[1].step, 10);
  EXPECT_EQ(resumed.measurements()[1].values[1], (std::vector<double>{4, 8}));
  EXPECT_EQ(resumed.measurements()[2].values[0], (std::vector<double>{3, 7}));
}

TEST_F(TrainingRunTest, ACancelledRunKeepsWhatItDid) {
  ToyTraining toys = toy();
  base::Cancel cancel;
  cancel.request();
  TrainingRun run(*toys.parameters, *toys.trainer, plan(100), file());
  EXPECT_THROW(run.train_to(100, {.cancel = &cancel}), base::Cancelled);
  EXPECT_TRUE(std::filesystem::exists(file()));
  EXPECT_LT(toys.trainer->steps_done(), 100);
}

TEST_F(TrainingRunTest, TheStateOfAnotherTrainingIsRefusedWithWhatDiffers) {
  ToyTraining toys = toy();
  TrainingRun(*toys.parameters, *toys.trainer, plan(5), file()).train_to(5, {});
  TrainingPlan other = plan(5);
  other.made_of = {{"seeds", 2}, {"width", 32}, {"noise", 0.5}};
  TrainingRun run(*toys.parameters, *toys.trainer, other, file());
  const std::string message = test::error_of([&] { run.resume(); });
  EXPECT_THAT(message, HasSubstr("width: 16 there, 32 here"));
  EXPECT_THAT(message, HasSubstr("noise: nothing there, 0.5 here"));
}

TEST_F(TrainingRunTest, ADivergedReplicaStaysDivergedAfterARestart) {
  ToyTraining first = toy();
  first.parameters->view("head.weight").select(0, 1).fill_(std::numeric_limits<float>::infinity());
  TrainingRun(*first.parameters, *first.trainer, plan(10), file()).train_to(5, {});
  ToyTraining second = toy();
  TrainingRun resumed(*second.parameters, *second.trainer, plan(10), file());
  resumed.resume();
  EXPECT_EQ(second.trainer->diverged_at(1), 0);
  EXPECT_EQ(second.trainer->diverged_at(0), -1);
}

}  // namespace
}  // namespace manabi::learn
