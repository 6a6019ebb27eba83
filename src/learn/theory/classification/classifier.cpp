#include "learn/theory/classification/classifier.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/error.h"

namespace manabi::learn {
namespace {

// [B, K, C].
at::Tensor one_hot(const LabelledRows& rows) { return at::one_hot(rows.labels, rows.classes).to(at::kDouble); }

}  // namespace

at::Tensor Classifier::tell(const LabelledRows& rows, const at::Tensor& queries) const {
  if (rows.labels.size(1) == 0) return at::zeros({queries.size(0)}, at::kLong);
  return scores({.inputs = rows.inputs.to(at::kDouble), .labels = rows.labels, .classes = rows.classes}, queries.to(at::kDouble)).argmax(1);
}

at::Tensor NearestClassMean::scores(const LabelledRows& rows, const at::Tensor& queries) const {
  const at::Tensor members = one_hot(rows).transpose(1, 2), counts = members.sum(2, true);
  const at::Tensor means = at::matmul(members, rows.inputs) / counts.clamp_min(1);
  const at::Tensor distances = (means - queries.unsqueeze(1)).square().sum(2);
  return (-distances).masked_fill(counts.squeeze(2).eq(0), -std::numeric_limits<double>::infinity());
}

NearestNeighbourVote::NearestNeighbourVote(int64_t neighbours) : neighbours_(neighbours) {
  if (neighbours < 1)
    throw base::Error({.where = "nearest neighbours", .given = fmt::format("{} neighbours", neighbours), .expected = "at least one"});
}

std::string NearestNeighbourVote::name() const { return fmt::format("{} nearest", neighbours_); }

at::Tensor NearestNeighbourVote::scores(const LabelledRows& rows, const at::Tensor& queries) const {
  const int64_t count = std::min(neighbours_, rows.labels.size(1));
  const at::Tensor distances = (rows.inputs - queries.unsqueeze(1)).square().sum(2);
  const at::Tensor nearest = std::get<1>(distances.topk(count, 1, /*largest=*/false, /*sorted=*/true));
  const at::Tensor votes = at::one_hot(rows.labels.gather(1, nearest), rows.classes).to(at::kDouble);  // [B, count, C]
  // A nearer one's vote counts a little more, never as much as another vote.
  const at::Tensor weights = 1 - at::arange(count, at::kDouble) / static_cast<double>(count * (count + 1));
  return (votes * weights.view({1, count, 1})).sum(1);
}

RidgeClassifier::RidgeClassifier(double lambda) : lambda_(lambda) {
  if (!(lambda > 0))
    throw base::Error({.where = "ridge classifier", .given = fmt::format("lambda = {}", lambda), .expected = "a positive number"});
}

std::string RidgeClassifier::name() const { return fmt::format("ridge {:.3g}", lambda_); }

// About the means of inputs and labels: the intercept is not shrunk.
at::Tensor RidgeClassifier::scores(const LabelledRows& rows, const at::Tensor& queries) const {
  const at::Tensor labels = one_hot(rows), label_means = labels.mean(1, true), input_means = rows.inputs.mean(1, true);
  const at::Tensor inputs = rows.inputs - input_means;
  // With fewer pairs than numbers the K x K system is the smaller one: X^T (X X^T + lambda 1)^-1 Y.
  const at::Tensor gram = at::matmul(inputs, inputs.transpose(1, 2));
  const at::Tensor factor = at::linalg_cholesky(gram + lambda_ * at::eye(gram.size(1), gram.options()));
  const at::Tensor dual = at::cholesky_solve(labels - label_means, factor);
  const at::Tensor nearness = at::matmul(queries.unsqueeze(1) - input_means, inputs.transpose(1, 2));
  return (at::matmul(nearness, dual) + label_means).squeeze(1);
}

std::string DescendedHead::name() const { return fmt::format("softmax regression, {} steps", steps_); }

at::Tensor DescendedHead::scores(const LabelledRows& rows, const at::Tensor& queries) const {
  const at::Tensor labels = one_hot(rows);
  const auto with_one = [](const at::Tensor& inputs) { return at::constant_pad_nd(inputs, {0, 1}, 1); };
  const at::Tensor inputs = with_one(rows.inputs);
  at::Tensor weights = at::zeros({inputs.size(0), inputs.size(2), rows.classes}, at::kDouble);
  for (int64_t step = 0; step < steps_; ++step) {
    const at::Tensor error = at::matmul(inputs, weights).softmax(2) - labels;
    weights = weights - (rate_ / static_cast<double>(labels.size(1))) * at::matmul(inputs.transpose(1, 2), error);
  }
  return at::matmul(with_one(queries).unsqueeze(1), weights).squeeze(1);
}

std::vector<double> accuracy_by_item(const Classifier& classifier, const at::Tensor& inputs, const at::Tensor& labels, int64_t classes) {
  std::vector<double> accuracies;
  for (int64_t item = 0; item < labels.size(1); ++item) {
    const LabelledRows before = {.inputs = inputs.narrow(1, 0, item), .labels = labels.narrow(1, 0, item), .classes = classes};
    accuracies.push_back(classifier.tell(before, inputs.select(1, item)).eq(labels.select(1, item)).to(at::kDouble).mean().item<double>());
  }
  return accuracies;
}

}  // namespace manabi::learn
