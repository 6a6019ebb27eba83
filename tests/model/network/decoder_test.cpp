// The decoder in all its variants beside one that is written as the formulas read, in float64.
#include "model/network/decoder.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "model/network/position_encoding.h"
#include "tests/support/error.h"
#include "tests/tensor/close.h"

namespace manabi::model {
namespace {

using tensor::AttentionWeights;
using testing::HasSubstr;

constexpr int64_t kReplicas = 2, kRows = 3, kLength = 7, kWidth = 12, kHeads = 3;

struct Built {
  tensor::ParameterPlan plan;
  Decoder decoder;
  tensor::ParameterBuffer parameters;
  at::Tensor gradients;
  tensor::ParameterLeaves leaves;

  Built(const DecoderConfig& config, int64_t replicas, at::ScalarType dtype)
      : decoder(config, plan),
        parameters(plan, replicas, dtype),
        gradients(at::zeros_like(parameters.values())),
        leaves(parameters, 0, gradients) {
    for (int64_t replica = 0; replica < replicas; ++replica) parameters.initialise(replica, static_cast<uint64_t>(replica + 1));
    // Biases and norms would otherwise be zeros and ones, and hide where they are read.
    at::manual_seed(9);
    parameters.values().add_(0.1 * at::randn(parameters.values().sizes(), at::kDouble).narrow(0, 0, 1).to(dtype));
  }
};

std::vector<DecoderConfig> variants() {
  std::vector<DecoderConfig> all;
  for (const Norms norms : {Norms::before, Norms::after, Norms::none})
    for (const AttentionWeights attention : {AttentionWeights::softmax, AttentionWeights::linear, AttentionWeights::linear_mean})
      for (const auto& [mlp_ratio, activation] :
           {std::pair<int64_t, tensor::Activation>{2, tensor::Activation::gelu}, {2, tensor::Activation::relu}, {0, tensor::Activation::gelu}})
        all.push_back({.layers = 2,
                       .width = kWidth,
                       .heads = kHeads,
                       .mlp_ratio = mlp_ratio,
                       .activation = activation,
                       .attention = attention,
                       .norms = norms});
  all.push_back({.layers = 3, .width = kWidth, .heads = kHeads, .mlp_ratio = 2, .shares_blocks = true});
  return all;
}

// One row [T, D] of one replica, position by position.
class NaiveDecoder {
 public:
  NaiveDecoder(const DecoderConfig& config, const tensor::ParameterBuffer& parameters, int64_t replica)
      : config_(config), parameters_(parameters), replica_(replica) {}

  at::Tensor forward(at::Tensor x, const tensor::Rotation& rotation) const {
    for (int64_t layer = 0; layer < config_.layers; ++layer) {
      const std::string name = "blocks." + std::to_string(config_.shares_blocks ? 0 : layer) + ".";
      x = part(x, name + "ln1", [&](const at::Tensor& read) { return dense(attend(dense(read, name + "qkv"), rotation), name + "out"); });
      if (config_.mlp_ratio > 0)
        x = part(x, name + "ln2", [&](const at::Tensor& read) { return dense(activate(dense(read, name + "up")), name + "down"); });
    }
    return config_.norms == Norms::before ? norm(x, "ln") : x;
  }

 private:
  template <class Update>
  at::Tensor part(const at::Tensor& x, const std::string& norm_name, const Update& update) const {
    if (config_.norms == Norms::before) return x + update(norm(x, norm_name));
    return config_.norms == Norms::after ? norm(x + update(x), norm_name) : x + update(x);
  }
  at::Tensor read(const std::string& name) const { return parameters_.view(name).select(0, replica_); }
  at::Tensor dense(const at::Tensor& x, const std::string& name) const { return x.matmul(read(name + ".weight").t()) + read(name + ".bias"); }
  at::Tensor norm(const at::Tensor& x, const std::string& name) const {
    return at::layer_norm(x, {kWidth}, read(name + ".weight"), read(name + ".bias"), config_.norm_epsilon);
  }
  at::Tensor activate(const at::Tensor& x) const { return config_.activation == tensor::Activation::gelu ? at::gelu(x, "tanh") : at::relu(x); }

  at::Tensor turn(const at::Tensor& head, const tensor::Rotation& rotation) const {  // [T, E]
    if (!rotation.cosines.defined()) return head;
    const std::vector<at::Tensor> halves = head.chunk(2, 1);
    return at::cat({halves[0] * rotation.cosines - halves[1] * rotation.sines, halves[1] * rotation.cosines + halves[0] * rotation.sines}, 1);
  }

  at::Tensor attend(const at::Tensor& projections, const tensor::Rotation& rotation) const {
    const int64_t width = kWidth / kHeads, length = projections.size(0);
    std::vector<at::Tensor> heads;
    for (int64_t head = 0; head < kHeads; ++head) {
      const auto cut = [&](int64_t kind) { return projections.narrow(1, kind * kWidth + head * width, width); };
      const at::Tensor queries = turn(cut(0), rotation), keys = turn(cut(1), rotation), values = cut(2);
      std::vector<at::Tensor> outputs;
      for (int64_t query = 0; query < length; ++query) {
        const at::Tensor scores = keys.narrow(0, 0, query + 1).mv(queries[query]) / std::sqrt(static_cast<double>(width));
        at::Tensor weights = config_.attention == AttentionWeights::softmax ? scores.softmax(0) : scores;
        if (config_.attention == AttentionWeights::linear_mean) weights = weights / (query + 1);
        outputs.push_back(values.narrow(0, 0, query + 1).t().mv(weights));
      }
      heads.push_back(at::stack(outputs));
    }
    return at::cat(heads, 1);
  }

  const DecoderConfig& config_;
  const tensor::ParameterBuffer& parameters_;
  int64_t replica_;
};

class DecoderVariants : public testing::Test {
 protected:
  void SetUp() override { at::manual_seed(5); }
  static at::Tensor inputs(at::ScalarType dtype) { return at::randn({kReplicas, kRows, kLength, kWidth}, at::kDouble).to(dtype); }
  static tensor::Rotation rotation(at::ScalarType dtype) {
    tensor::ParameterPlan plan;
    const PositionEncoding positions(Positions::rotary, {.places = {0, 1, 2, 3, 4, 5, 6}, .width = kWidth, .heads = kHeads}, {}, plan);
    return positions.rotation(at::zeros({1, 1, kLength, kWidth}, dtype));
  }
};

TEST_F(DecoderVariants, GiveWhatTheirFormulasSay) {
  for (const DecoderConfig& config : variants()) {
    for (const bool turned : {false, true}) {
      SCOPED_TRACE(described(config).dump());
      const Built built(config, kReplicas, at::kDouble);
      const at::Tensor hidden = inputs(at::kDouble);
      const tensor::Rotation angles = turned ? rotation(at::kDouble) : tensor::Rotation();
      const at::Tensor output = built.decoder.forward(built.leaves, hidden, angles).detach();
      for (int64_t replica = 0; replica < kReplicas; ++replica) {
        const NaiveDecoder naive(config, built.parameters, replica);
        for (int64_t row = 0; row < kRows; ++row)
          EXPECT_LT((output[replica][row] - naive.forward(hidden[replica][row], angles)).abs().max().item<double>(), 1e-10);
      }
    }
  }
}

TEST_F(DecoderVariants, OutputsDoNotDependOnLaterPositions) {
  for (const DecoderConfig& config : variants()) {
    SCOPED_TRACE(described(config).dump());
    const Built built(config, kReplicas, at::kFloat);
    const at::Tensor hidden = inputs(at::kFloat);
    at::Tensor changed = hidden.clone();
    changed.narrow(2, 4, 3) += 1;
    const auto first_four = [&](const at::Tensor& x) {
      return built.decoder.forward(built.leaves, x, rotation(at::kFloat)).detach().narrow(2, 0, 4);
    };
    EXPECT_TRUE(at::equal(first_four(hidden), first_four(changed)));
  }
}

TEST_F(DecoderVariants, TheLastPositionAloneIsTheLastOfAll) {
  for (const DecoderConfig& config : variants()) {
    SCOPED_TRACE(described(config).dump());
    const Built built(config, kReplicas, at::kFloat);
    const at::Tensor hidden = inputs(at::kFloat), angles_of = hidden;
    const at::Tensor all = built.decoder.forward(built.leaves, hidden, rotation(at::kFloat)).detach();
    EXPECT_TRUE(
        tensor::is_close(built.decoder.forward_last(built.leaves, hidden, rotation(at::kFloat)).detach(), all.select(2, kLength - 1), 8));
  }
}

// The weights that are looked at are those that were used: times the values they give what the layer adds.
TEST_F(DecoderVariants, TheWeightsThatAreShownAreThoseThatAreUsed) {
  for (const AttentionWeights attention : {AttentionWeights::softmax, AttentionWeights::linear_mean}) {
    const DecoderConfig config = {.layers = 1, .width = kWidth, .heads = kHeads, .mlp_ratio = 0, .attention = attention, .norms = Norms::none};
    const Built built(config, 1, at::kDouble);
    const at::Tensor hidden = inputs(at::kDouble).narrow(0, 0, 1);
    const at::Tensor weights = built.decoder.attention(built.leaves, hidden, rotation(at::kDouble)).at(0).detach();
    EXPECT_EQ(weights.sizes(), at::IntArrayRef({1, kRows, kHeads, kLength, kLength}));
    EXPECT_EQ(weights.triu(1).abs().max().item<double>(), 0);
    const auto dense = [&](const at::Tensor& x, const std::string& name) {
      return x.matmul(built.parameters.view("blocks.0." + name + ".weight").select(0, 0).t()) +
             built.parameters.view("blocks.0." + name + ".bias").select(0, 0);
    };
    const at::Tensor values = dense(hidden, "qkv").narrow(-1, 2 * kWidth, kWidth).view({1, kRows, kLength, kHeads, kWidth / kHeads});
    const at::Tensor attended = at::matmul(weights, values.transpose(2, 3)).transpose(2, 3).flatten(3);
    const at::Tensor output = built.decoder.forward(built.leaves, hidden, rotation(at::kDouble)).detach();
    EXPECT_LT((output - hidden - dense(attended, "out")).abs().max().item<double>(), 1e-10);
  }
}

TEST_F(DecoderVariants, AReplicaAmongOthersIsTheReplicaAlone) {
  for (const DecoderConfig& config : variants()) {
    SCOPED_TRACE(described(config).dump());
    const Built both(config, kReplicas, at::kFloat), alone(config, 1, at::kFloat);
    const at::Tensor hidden = inputs(at::kFloat);
    EXPECT_TRUE(tensor::is_close(both.decoder.forward(both.leaves, hidden).detach().narrow(0, 0, 1),
                                 alone.decoder.forward(alone.leaves, hidden.narrow(0, 0, 1)).detach()));
  }
}

// The fused layers against the references in float64: a block's gradient is the sum over its passes.
TEST_F(DecoderVariants, GradientsOfABlockThatIsPassedAgainAddUp) {
  const DecoderConfig config = {.layers = 3, .width = kWidth, .heads = kHeads, .mlp_ratio = 2, .shares_blocks = true};
  const Built fused(config, kReplicas, at::kFloat), exact(config, kReplicas, at::kDouble);
  const at::Tensor hidden = inputs(at::kDouble), asked = at::randn_like(hidden);
  for (const Built* built : {&fused, &exact}) {
    const at::ScalarType dtype = built->parameters.values().scalar_type();
    (built->decoder.forward(built->leaves, hidden.to(dtype), rotation(dtype)) * asked.to(dtype)).sum().backward();
  }
  EXPECT_GT(exact.gradients.abs().max().item<double>(), 1);
  EXPECT_LT((fused.gradients.to(at::kDouble) - exact.gradients).abs().max().item<double>(), 1e-4 * exact.gradients.abs().max().item<double>());
}

// Queries and keys that are turned alike meet alike: a row that begins at another place gives the same, which a learned table does not.
TEST_F(DecoderVariants, RotaryPositionsTellDistancesAlone) {
  const DecoderConfig config = {.layers = 1, .width = kWidth, .heads = kHeads};
  const Built built(config, 1, at::kDouble);
  const at::Tensor hidden = inputs(at::kDouble).narrow(0, 0, 1);
  tensor::ParameterPlan plan;
  std::vector<int64_t> places;
  for (int64_t place = 0; place < kLength + 30; ++place) places.push_back(place);
  const PositionEncoding positions(Positions::rotary, {.places = places, .width = kWidth, .heads = kHeads}, {}, plan);
  const tensor::Rotation all = positions.rotation(at::zeros({1, 1, kLength + 30, kWidth}, at::kDouble));
  const auto from = [&](int64_t begin) {
    const tensor::Rotation some = {.cosines = all.cosines.narrow(0, begin, kLength).contiguous(),
                                   .sines = all.sines.narrow(0, begin, kLength).contiguous()};
    return built.decoder.forward(built.leaves, hidden, some).detach();
  };
  EXPECT_LT((from(0) - from(30)).abs().max().item<double>(), 1e-10);
  EXPECT_GT((from(0) - built.decoder.forward(built.leaves, hidden).detach()).abs().max().item<double>(), 1e-3);
}

TEST(PositionSchemes, ThatDoNotFitAreRefusedByName) {
  tensor::ParameterPlan plan;
  const auto make = [&](const PositionConfig& config, const PositionShape& shape) { PositionEncoding(config, shape, {.name = "p"}, plan); };
  EXPECT_THAT(test::error_of([&] { make(Positions::sinusoidal, {.places = {0, 1}, .width = 7}); }), HasSubstr("model.positions, model.width"));
  EXPECT_THAT(test::error_of([&] {
                make(Positions::rotary, {.places = {0, 1}, .width = 6, .heads = 2});
              }),
              HasSubstr("2 heads over a width of 6"));
  EXPECT_THAT(test::error_of([&] { make(Positions::one_hot, {.places = {0, 1, 2}, .width = 3}); }), HasSubstr("leaves room for the token"));
}

}  // namespace
}  // namespace manabi::model
