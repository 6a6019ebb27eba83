// The perceptron over labelled vectors against the same sums in double precision, one row at a time.
#include "model/network/pairs/perceptron_pair_model.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

namespace manabi::model {
namespace {

constexpr int64_t kRows = 3, kInputs = 5, kLabels = 4, kWidth = 6, kHidden = 7;

PerceptronPairConfig shape(int64_t pairs, int64_t layers) {
  return {.layers = layers, .hidden_width = kHidden, .width = kWidth, .pairs = pairs, .input_width = kInputs, .labels = kLabels};
}

PairInputs random_rows(int64_t replicas, int64_t pairs) {
  at::manual_seed(5);
  return {.inputs = at::randn({replicas, kRows, pairs + 1, kInputs}),
          .labels = at::randint(kLabels, {replicas, kRows, pairs}, at::kLong),
          .offsets = at::zeros({replicas, kRows}, at::kLong)};
}

struct Built {
  Built(const PerceptronPairConfig& config, int64_t replicas) : model(config, plan), parameters(plan, replicas, at::kFloat) {
    for (int64_t replica = 0; replica < replicas; ++replica) parameters.initialise(replica, static_cast<uint64_t>(replica));
  }
  at::Tensor logits(const PairInputs& rows, int64_t first = 0) const {
    const int64_t replicas = rows.inputs.size(0);
    const tensor::ParameterLeaves leaves(parameters, first, at::zeros({replicas, parameters.width()}));
    return model.logits(leaves, rows).detach();
  }

  tensor::ParameterPlan plan;
  PerceptronPairModel model;
  tensor::ParameterBuffer parameters;
};

using Vector = std::vector<double>;

// What one row's logits are, number by number.
class Naive {
 public:
  Naive(const tensor::ParameterBuffer& parameters, int64_t replica) : parameters_(parameters), replica_(replica) {}

  Vector logits(const at::Tensor& inputs, const at::Tensor& labels, int64_t layers) const {
    Vector row;
    const int64_t pairs = labels.size(0);
    for (int64_t item = 0; item <= pairs; ++item) {
      append(row, times(named("input.weight"), vector_of(inputs[item])));
      if (item == pairs) continue;
      Vector name = vector_of(named("label.weight")[labels[item].item<int64_t>()]);
      add(name, vector_of(named("label.bias")));
      append(row, name);
    }
    for (int64_t layer = 0; layer <= layers; ++layer) {
      const std::string prefix = "mlp.layers." + std::to_string(layer) + ".";
      row = times(named(prefix + "weight"), row);
      add(row, vector_of(named(prefix + "bias")));
      if (layer < layers)
        for (double& value : row) value = std::max(value, 0.0);
    }
    return row;
  }

 private:
  at::Tensor named(const std::string& name) const { return parameters_.view(name).select(0, replica_).to(at::kDouble).contiguous(); }
  static Vector vector_of(const at::Tensor& tensor) {
    const at::Tensor values = tensor.to(at::kDouble).contiguous();
    return {values.const_data_ptr<double>(), values.const_data_ptr<double>() + values.numel()};
  }
  static Vector times(const at::Tensor& matrix, const Vector& vector) {
    Vector result;
    for (int64_t row = 0; row < matrix.size(0); ++row) {
      double sum = 0;
      for (int64_t column = 0; column < matrix.size(1); ++column)
        sum += matrix.const_data_ptr<double>()[row * matrix.size(1) + column] * vector[static_cast<size_t>(column)];
      result.push_back(sum);
    }
    return result;
  }
  static void add(Vector& to, const Vector& more) {
    for (size_t i = 0; i < to.size(); ++i) to[i] += more[i];
  }
  static void append(Vector& to, const Vector& more) { to.insert(to.end(), more.begin(), more.end()); }

  const tensor::ParameterBuffer& parameters_;
  int64_t replica_;
};

TEST(PerceptronPairModel, GivesTheSumsOfANaiveLoop) {
  constexpr int64_t kReplicas = 2;
  for (const int64_t pairs : {0, 1, 3}) {
    for (const int64_t layers : {0, 1, 3}) {
      SCOPED_TRACE(std::to_string(pairs) + " pairs, " + std::to_string(layers) + " layers");
      Built built(shape(pairs, layers), kReplicas);
      // Shifts begin at zero, where a missing one would not be seen.
      built.parameters.values().add_(at::full_like(built.parameters.values(), 0.05));
      const PairInputs rows = random_rows(kReplicas, pairs);
      const at::Tensor logits = built.logits(rows);
      ASSERT_EQ(logits.sizes(), (std::vector<int64_t>{kReplicas, kRows, kLabels}));
      for (int64_t replica = 0; replica < kReplicas; ++replica)
        for (int64_t row = 0; row < kRows; ++row) {
          const Vector expected = Naive(built.parameters, replica).logits(rows.inputs[replica][row], rows.labels[replica][row], layers);
          for (int64_t label = 0; label < kLabels; ++label)
            EXPECT_NEAR(logits[replica][row][label].item<double>(), expected[static_cast<size_t>(label)], 2e-5);
        }
    }
  }
}

TEST(PerceptronPairModel, AReplicaAloneAnswersAsAmongOthers) {
  constexpr int64_t kReplicas = 3;
  const Built built(shape(2, 2), kReplicas);
  const PairInputs rows = random_rows(kReplicas, 2);
  const at::Tensor together = built.logits(rows);
  for (int64_t replica = 0; replica < kReplicas; ++replica) {
    const PairInputs one = {rows.inputs.narrow(0, replica, 1), rows.labels.narrow(0, replica, 1), rows.offsets.narrow(0, replica, 1)};
    EXPECT_TRUE(at::allclose(built.logits(one, replica)[0], together[replica], 1e-5, 1e-5)) << replica;
  }
}

}  // namespace
}  // namespace manabi::model
