// A small residual network that turns an image into the token of a transformer (Chan, Chen, György and Schuurmans 2024, Omniglot): a stem, four
// groups of bottleneck blocks, the mean over the map. No normalisation.
//
// Letters: R replicas, B images of one replica, S side of an image or map, I channels, D width of a token (docs/notation.md).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/format/json.h"
#include "tensor/differentiable/convolution.h"
#include "tensor/parameters/parameter_buffer.h"

namespace manabi::model {

struct ImageEncoderConfig {
  int64_t side = 28;                                 // S
  int64_t stem_channels = 64;                        // of a 7 x 7 convolution with stride 2
  bool pools_stem = false;                           // 3 x 3 maxima with stride 2 after it: for large images, whose map would stay large
  std::vector<int64_t> channels = {12, 32, 32, 64};  // of each group; the last is the token's width
  std::vector<int64_t> strides = {1, 2, 2, 2};       // of each group's first block
  int64_t blocks = 2;                                // of a group

  int64_t width() const { return channels.back(); }  // D
};

// Everything of a configuration that could change what is trained.
base::Json described(const ImageEncoderConfig& config);

class ImageEncoder {
 public:
  // Declares the parameters, their names beginning with `prefix`. Throws base::Error for groups without channels, a stride or blocks, or
  // channels that a bottleneck of a quarter does not divide.
  ImageEncoder(const ImageEncoderConfig& config, tensor::ParameterPlan& plan, const std::string& prefix = "encoder.");

  // images [R, B, S S] -> [R, B, D].
  at::Tensor encode(const tensor::ParameterLeaves& parameters, const at::Tensor& images) const;

  const ImageEncoderConfig& config() const { return config_; }

 private:
  struct Convolution {
    tensor::ParameterId weight, shift;
    tensor::Window window;
  };
  // Narrow, look around, widen; and a way around them, as it is or through a matrix.
  struct Block {
    Convolution narrow, around, widen;
    std::optional<tensor::ParameterId> shortcut;
  };

  Convolution declare(tensor::ParameterPlan& plan, const std::string& name, const tensor::Window& window, int64_t inputs, int64_t outputs) const;
  Block declare_block(tensor::ParameterPlan& plan, const std::string& name, int64_t inputs, int64_t outputs, int64_t stride,
                      bool is_first) const;
  at::Tensor run(const tensor::ParameterLeaves& parameters, const Block& block, const at::Tensor& map) const;

  ImageEncoderConfig config_;
  Convolution stem_;
  std::vector<Block> blocks_;
};

}  // namespace manabi::model
