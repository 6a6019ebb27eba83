// The encoder of images, alone and under a decoder.
#include "model/network/images/image_pair_model.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "tests/support/error.h"

namespace manabi::model {
namespace {

using testing::HasSubstr;

constexpr int64_t kSide = 12;
const ImageEncoderConfig kEncoder = {.side = kSide, .stem_channels = 8, .channels = {4, 8}, .strides = {1, 2}};

PairNetworkConfig network_over(const ImageEncoderConfig& encoder) {
  return {.decoder = {.layers = 1, .width = encoder.width(), .heads = 1},
          .pairs = 2,
          .input_width = encoder.width(),
          .labels = 5,
          .pairs_share_positions = true,
          .maps_inputs = false};
}

template <class Model>
struct Built {
  template <class Config>
  explicit Built(const Config& config, int64_t replicas = 2) : model(config, plan), parameters(plan, replicas, at::kFloat) {
    for (int64_t replica = 0; replica < replicas; ++replica) parameters.initialise(replica, static_cast<uint64_t>(replica));
  }
  tensor::ParameterLeaves leaves() const { return {parameters, 0, at::zeros_like(parameters.values())}; }

  tensor::ParameterPlan plan;
  Model model;
  tensor::ParameterBuffer parameters;
};

// One replica's network as plain convolutions of libtorch, channels outermost.
class Naive {
 public:
  Naive(const Built<ImageEncoder>& built, int64_t replica) : parameters_(built.parameters), replica_(replica) {}

  at::Tensor encode(const at::Tensor& images, const ImageEncoderConfig& config) const {
    at::Tensor map = at::relu(convolve(images.view({images.size(0), 1, config.side, config.side}), "encoder.stem", 7, 2, 3));
    if (config.pools_stem) map = at::max_pool2d(map, 3, 2, 1);
    for (size_t group = 0; group < config.channels.size(); ++group) {
      for (int64_t block = 0; block < config.blocks; ++block) {
        const std::string name = "encoder." + std::to_string(group) + "." + std::to_string(block) + ".";
        const int64_t stride = block == 0 ? config.strides[group] : 1;
        at::Tensor inner = at::relu(convolve(map, name + "narrow", 1, 1, 0));
        inner = at::relu(convolve(inner, name + "around", 3, stride, 1));
        if (block == 0) map = at::conv2d(map, kernel(name + "shortcut.weight", 1), {}, stride);
        map = at::relu(convolve(inner, name + "widen", 1, 1, 0) + map);
      }
    }
    return map.mean({2, 3});
  }

 private:
  at::Tensor kernel(const std::string& name, int64_t side) const {
    const at::Tensor weight = parameters_.view(name)[replica_];
    return weight.view({weight.size(0), side, side, -1}).permute({0, 3, 1, 2});
  }
  at::Tensor convolve(const at::Tensor& map, const std::string& name, int64_t side, int64_t stride, int64_t padding) const {
    return at::conv2d(map, kernel(name + ".weight", side), parameters_.view(name + ".bias")[replica_], stride, padding);
  }

  const tensor::ParameterBuffer& parameters_;
  int64_t replica_;
};

TEST(ImageEncoder, IsTheResidualNetworkOfPlainConvolutions) {
  at::manual_seed(1);
  for (const int64_t side : {8, 12, 15}) {
    for (const bool pools : {false, true}) {
      ImageEncoderConfig config = kEncoder;
      config.side = side;
      config.pools_stem = pools;
      const Built<ImageEncoder> built(config);
      built.parameters.values().add_(at::randn_like(built.parameters.values()), 0.05);  // so that shifts are not zero
      const at::Tensor images = at::rand({2, 3, side * side}), tokens = built.model.encode(built.leaves(), images);
      ASSERT_EQ(tokens.sizes(), (std::vector<int64_t>{2, 3, 8}));
      for (int64_t replica = 0; replica < 2; ++replica)
        EXPECT_TRUE(at::allclose(tokens[replica].detach(), Naive(built, replica).encode(images[replica], config), 1e-4, 1e-5))
            << side << " " << pools;
    }
  }
}

TEST(ImageEncoder, LeavesAMapToAverageAtTheStudysSizes) {
  for (const auto& [side, pools] : {std::pair<int64_t, bool>{28, false}, {105, true}}) {
    const Built<ImageEncoder> built(ImageEncoderConfig{.side = side, .pools_stem = pools}, 1);
    const at::Tensor tokens = built.model.encode(built.leaves(), at::rand({1, 2, side * side}));
    EXPECT_EQ(tokens.sizes(), (std::vector<int64_t>{1, 2, 64}));
    EXPECT_FALSE(at::allclose(tokens[0][0], tokens[0][1]));
  }
}

TEST(ImagePairModel, EveryParameterOfTheEncoderIsTrained) {
  at::manual_seed(2);
  // Wide enough that some unit of every layer is on.
  const ImageEncoderConfig wide = {.side = kSide, .stem_channels = 16, .channels = {32, 64}, .strides = {1, 2}};
  const Built<ImagePairModel> built(ImagePairConfig{.encoder = wide, .network = network_over(wide)});
  const tensor::ParameterLeaves leaves = built.leaves();
  const PairInputs rows = {.inputs = at::rand({2, 16, 3, kSide * kSide}), .labels = at::randint(5, {2, 16, 2}, at::kLong), .offsets = {}};
  const at::Tensor logits = built.model.logits(leaves, rows);
  ASSERT_EQ(logits.sizes(), (std::vector<int64_t>{2, 16, 5}));
  torch::autograd::backward({(logits * at::randn(logits.sizes())).sum()}, {});
  for (tensor::ParameterId id = 0; id < built.parameters.shapes().size(); ++id) {
    const at::Tensor gradient = built.parameters.view_of(leaves.gradients(), id);
    for (int64_t replica = 0; replica < 2; ++replica)
      EXPECT_GT(gradient[replica].abs().max().item<double>(), 0) << built.parameters.shapes()[id].name << " of replica " << replica;
  }
}

TEST(ImagePairModel, ReplicasDoNotSeeEachOther) {
  at::manual_seed(3);
  const Built<ImagePairModel> built(ImagePairConfig{.encoder = kEncoder, .network = network_over(kEncoder)});
  const PairInputs rows = {.inputs = at::rand({2, 4, 3, kSide * kSide}), .labels = at::randint(5, {2, 4, 2}, at::kLong), .offsets = {}};
  const at::Tensor before = built.model.logits(built.leaves(), rows).detach();
  PairInputs changed = {rows.inputs.clone(), rows.labels, {}};
  changed.inputs[1] += 1;
  const at::Tensor after = built.model.logits(built.leaves(), changed).detach();
  EXPECT_TRUE(at::equal(before[0], after[0]));
  EXPECT_FALSE(at::allclose(before[1], after[1]));
}

TEST(ImageEncoder, ConfigurationsThatCannotBeAreNamed) {
  const auto error_of = [](const ImageEncoderConfig& config) {
    return test::error_of([&] {
      tensor::ParameterPlan plan;
      ImageEncoder(config, plan);
    });
  };
  EXPECT_THAT(error_of({.side = 0}), HasSubstr("side 0"));
  EXPECT_THAT(error_of({.channels = {6}, .strides = {1}}), HasSubstr("6 channels"));
  EXPECT_THAT(error_of({.channels = {4, 8}, .strides = {1}}), HasSubstr("2 groups with 1 strides"));
  EXPECT_THAT(error_of({.channels = {}, .strides = {}}), HasSubstr("0 groups"));
  EXPECT_THAT(error_of({.channels = {4}, .strides = {0}}), HasSubstr("a stride of 0"));
  tensor::ParameterPlan plan;
  PairNetworkConfig wide = network_over(kEncoder);
  wide.input_width = 9;
  EXPECT_THAT(test::error_of([&] { ImagePairModel({.encoder = kEncoder, .network = wide}, plan); }),
              HasSubstr("tokens of 8 numbers for inputs of 9"));
}

}  // namespace
}  // namespace manabi::model
