// Learners that theory gives for labelled vectors: each tells a query's label from a row's pairs alone, many rows at once.
//
// Letters: B rows, K pairs, I numbers of an input, C classes (docs/notation.md). Everything is float64 on the CPU.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace manabi::learn {

struct LabelledRows {
  at::Tensor inputs;  // [B, K, I]
  at::Tensor labels;  // [B, K] int64
  int64_t classes = 2;
};

class Classifier {
 public:
  virtual ~Classifier() = default;
  virtual std::string name() const = 0;
  // queries [B, I] -> the label of each, [B] int64; the first among equals, 0 where there are no pairs.
  at::Tensor tell(const LabelledRows& rows, const at::Tensor& queries) const;

 protected:
  // -> scores [B, C], from at least one pair, of float64.
  virtual at::Tensor scores(const LabelledRows& rows, const at::Tensor& queries) const = 0;
};

// The class whose inputs' mean is nearest; classes that were not shown come last.
class NearestClassMean final : public Classifier {
 public:
  std::string name() const override { return "nearest class mean"; }

 protected:
  at::Tensor scores(const LabelledRows& rows, const at::Tensor& queries) const override;
};

// The most frequent class among the nearest inputs; among equally frequent ones that of the nearest.
class NearestNeighbourVote final : public Classifier {
 public:
  // Throws base::Error for fewer than one neighbour.
  explicit NearestNeighbourVote(int64_t neighbours);
  std::string name() const override;

 protected:
  at::Tensor scores(const LabelledRows& rows, const at::Tensor& queries) const override;

 private:
  int64_t neighbours_;
};

// The largest output of ridge regression onto one-hot labels, with an intercept.
class RidgeClassifier final : public Classifier {
 public:
  // Throws base::Error for a lambda that is not positive.
  explicit RidgeClassifier(double lambda);
  std::string name() const override;

 protected:
  at::Tensor scores(const LabelledRows& rows, const at::Tensor& queries) const override;

 private:
  double lambda_;
};

// Softmax regression on the inputs, trained by descent from zero on the row's pairs: the head alone that is fitted on frozen features, which
// learning in context is said to replace.
class DescendedHead final : public Classifier {
 public:
  DescendedHead(int64_t steps, double rate) : steps_(steps), rate_(rate) {}
  std::string name() const override;

 protected:
  at::Tensor scores(const LabelledRows& rows, const at::Tensor& queries) const override;

 private:
  int64_t steps_;
  double rate_;
};

using Classifiers = std::vector<std::shared_ptr<const Classifier>>;

// The share of rows (inputs [B, T, I], labels [B, T]) in which item i is told rightly from those before it: [T].
std::vector<double> accuracy_by_item(const Classifier& classifier, const at::Tensor& inputs, const at::Tensor& labels, int64_t classes);

}  // namespace manabi::learn
