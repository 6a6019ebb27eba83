#include "lab/statistics/decided.h"

#include <gtest/gtest.h>

namespace manabi::lab {
namespace {

const Claim kPositive = {.id = "positive", .direction = Direction::above, .margin = 0};

TEST(DecidedBySeeds, SeedsThatAgreeDecideAClaim) {
  EXPECT_EQ(verdict_of(decided_by_seeds(kPositive, {1.0, 1.1, 0.9}, "")), Verdict::holds);
  EXPECT_EQ(verdict_of(decided_by_seeds(kPositive, {-1.0, -1.1, -0.9}, "")), Verdict::does_not_hold);
  EXPECT_EQ(verdict_of(decided_by_seeds(kPositive, {1.0, -1.1, 0.9}, "")), Verdict::undecided);
}

TEST(DecidedBySeeds, FewerThanTwoSeedsSayWhatIsMissing) {
  for (const std::vector<double>& effects : {std::vector<double>{}, {1.0}}) {
    const Claim claim = decided_by_seeds(kPositive, effects, "two seeds");
    EXPECT_EQ(verdict_of(claim), Verdict::not_tested);
    EXPECT_EQ(claim.missing, "two seeds");
  }
  EXPECT_TRUE(decided_by_seeds(kPositive, {1, 1}, "two seeds").missing.empty());
}

}  // namespace
}  // namespace manabi::lab
