#include "learn/theory/classification/classifier.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/error.h"

namespace manabi::learn {
namespace {

Classifiers every_classifier() {
  return {std::make_shared<NearestClassMean>(), std::make_shared<NearestNeighbourVote>(3), std::make_shared<RidgeClassifier>(0.5),
          std::make_shared<DescendedHead>(30, 0.5)};
}

// Three clusters far apart, at (10, 0), (0, 10) and (-10, -10).
LabelledRows clusters(int64_t rows, int64_t pairs) {
  at::manual_seed(1);
  const at::Tensor centres = at::tensor({10.0, 0.0, 0.0, 10.0, -10.0, -10.0}).view({3, 2});
  const at::Tensor labels = at::arange(pairs).remainder(3).expand({rows, pairs}).contiguous();
  return {
      .inputs = centres.index_select(0, labels.flatten()).view({rows, pairs, 2}) + at::randn({rows, pairs, 2}), .labels = labels, .classes = 3};
}

TEST(Classifier, ClustersFarApartAreToldByAll) {
  const LabelledRows rows = clusters(20, 9);
  for (const auto& classifier : every_classifier())
    for (int64_t i = 0; i < 3; ++i)
      EXPECT_TRUE(classifier->tell(rows, rows.inputs.select(1, i)).eq(i).all().item<bool>()) << classifier->name() << i;
}

TEST(Classifier, WithoutPairsTheFirstClassIsTold) {
  const LabelledRows rows = {.inputs = at::zeros({3, 0, 2}), .labels = at::zeros({3, 0}, at::kLong), .classes = 3};
  for (const auto& classifier : every_classifier()) EXPECT_TRUE(classifier->tell(rows, at::randn({3, 2})).eq(0).all().item<bool>());
}

TEST(Classifier, ARowIsToldFromItsOwnPairsAlone) {
  const LabelledRows rows = clusters(6, 7);
  at::manual_seed(2);
  const at::Tensor queries = 8 * at::randn({6, 2});
  for (const auto& classifier : every_classifier()) {
    const at::Tensor together = classifier->tell(rows, queries);
    for (int64_t row = 0; row < 6; ++row) {
      const LabelledRows alone = {.inputs = rows.inputs.narrow(0, row, 1), .labels = rows.labels.narrow(0, row, 1), .classes = 3};
      EXPECT_EQ(classifier->tell(alone, queries.narrow(0, row, 1)).item<int64_t>(), together[row].item<int64_t>());
    }
  }
}

TEST(NearestClassMean, ClassesThatWereNotShownAreNotTold) {
  const LabelledRows rows = {.inputs = at::ones({1, 2, 2}), .labels = at::full({1, 2}, 2, at::kLong), .classes = 3};
  EXPECT_EQ(NearestClassMean().tell(rows, at::zeros({1, 2})).item<int64_t>(), 2);
}

TEST(NearestNeighbourVote, TheMajorityWinsAndAmongEqualsTheNearest) {
  const LabelledRows rows = {
      .inputs = at::tensor({0.0, 1.0, 2.0, 9.0}).view({1, 4, 1}), .labels = at::tensor({0, 1, 1, 2}, at::kLong).view({1, 4}), .classes = 3};
  const at::Tensor query = at::zeros({1, 1});
  EXPECT_EQ(NearestNeighbourVote(1).tell(rows, query).item<int64_t>(), 0);
  EXPECT_EQ(NearestNeighbourVote(3).tell(rows, query).item<int64_t>(), 1);
  EXPECT_EQ(NearestNeighbourVote(2).tell(rows, query).item<int64_t>(), 0);
  EXPECT_THAT(test::error_of([] { NearestNeighbourVote(0); }), testing::HasSubstr("0 neighbours"));
}

TEST(RidgeClassifier, MeetsItsNormalEquations) {
  const LabelledRows rows = clusters(1, 8);
  EXPECT_THAT(test::error_of([] { RidgeClassifier(-1); }), testing::HasSubstr("lambda = -1"));
  // The dual solution against the primal one on centred data.
  const at::Tensor inputs = rows.inputs[0].to(at::kDouble) - rows.inputs[0].to(at::kDouble).mean(0, true);
  const at::Tensor labels = at::one_hot(rows.labels[0], 3).to(at::kDouble);
  const at::Tensor weights =
      at::linalg_solve(at::mm(inputs.t(), inputs) + 0.5 * at::eye(2, at::kDouble), at::mm(inputs.t(), labels - labels.mean(0, true)));
  at::manual_seed(3);
  for (int64_t i = 0; i < 20; ++i) {
    const at::Tensor query = 8 * at::randn({1, 2}, at::kDouble);
    const at::Tensor expected = at::mm(query - rows.inputs[0].to(at::kDouble).mean(0, true), weights) + labels.mean(0, true);
    EXPECT_EQ(RidgeClassifier(0.5).tell(rows, query).item<int64_t>(), expected.argmax().item<int64_t>());
  }
}

TEST(AccuracyByItem, CountsEachItemFromThoseBeforeIt) {
  const LabelledRows rows = clusters(10, 6);
  const std::vector<double> accuracy = accuracy_by_item(NearestClassMean(), rows.inputs, rows.labels, 3);
  // Items 0 to 2 show the classes 0, 1 and 2 for the first time.
  EXPECT_THAT(accuracy, testing::ElementsAre(1, 0, 0, 1, 1, 1));
}

}  // namespace
}  // namespace manabi::learn
