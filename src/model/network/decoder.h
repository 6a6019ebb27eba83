// A decoder-only transformer that is trained here: R replicas at once, its parameters declared in a plan and read as views.
//
// Letters: R replicas, B rows, T positions, D width, H heads, L layers (docs/notation.md).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/format/json.h"
#include "model/transformer/shape.h"
#include "tensor/differentiable/differentiable.h"
#include "tensor/parameters/parameter_buffer.h"

namespace manabi::model {

struct DecoderConfig {
  int64_t layers = 2;
  int64_t width = 64;
  int64_t heads = 1;
  int64_t mlp_ratio = 4;  // width of the MLP over the model's; 0: attention only
  tensor::Activation activation = tensor::Activation::gelu;
  tensor::AttentionWeights attention = tensor::AttentionWeights::softmax;
  Norms norms = Norms::before;
  double norm_epsilon = 1e-5;
  bool shares_blocks = false;  // one block, passed as many times as there are layers (Dehghani et al. 2019)
  tensor::ProductFormat products = tensor::ProductFormat::unrounded;  // of all dense layers
};

// Everything of a configuration that could change what is trained.
base::Json described(const DecoderConfig& config);

class Decoder {
 public:
  // Declares the parameters, their names beginning with `prefix`. Throws base::Error when the heads do not divide the width.
  Decoder(const DecoderConfig& config, tensor::ParameterPlan& plan, const std::string& prefix = "");

  // hidden [R, B, T, D], positions included, or turned by in attention -> [R, B, T, D] after the last norm.
  at::Tensor forward(const tensor::ParameterLeaves& parameters, const at::Tensor& hidden, const tensor::Rotation& rotation = {}) const;
  // The same at the last position alone, [R, B, D]: the last block is computed only there, beside its keys and values.
  at::Tensor forward_last(const tensor::ParameterLeaves& parameters, const at::Tensor& hidden, const tensor::Rotation& rotation = {}) const;

  // What each layer's queries give its keys, [R, B, H, T, T] each.
  std::vector<at::Tensor> attention(const tensor::ParameterLeaves& parameters, const at::Tensor& hidden,
                                    const tensor::Rotation& rotation = {}) const;

  const DecoderConfig& config() const { return config_; }

 private:
  struct Norm {
    tensor::ParameterId gain, shift;
  };
  struct Dense {
    tensor::ParameterId weight, bias;
  };
  struct Block {
    Norm attention_norm;
    Dense qkv, out;
    Norm mlp_norm;
    Dense up, down;
  };

  Norm declare_norm(tensor::ParameterPlan& plan, const std::string& name) const;
  Dense declare_dense(tensor::ParameterPlan& plan, const std::string& name, int64_t inputs, int64_t outputs) const;
  tensor::NormedSum run(const tensor::ParameterLeaves& parameters, const at::Tensor& hidden, const tensor::Rotation& rotation, bool last_only,
                        std::vector<at::Tensor>* attention = nullptr) const;
  tensor::LayerNormParameters read(const tensor::ParameterLeaves& parameters, const Norm& norm) const;
  const Norm& norm_after_attention(size_t layer) const;
  const Norm& norm_after_block(size_t layer) const;
  // The residual stream and what the next part reads of it.
  tensor::NormedSum begin(const tensor::ParameterLeaves& parameters, const at::Tensor& input) const;
  tensor::NormedSum add(const tensor::ParameterLeaves& parameters, const at::Tensor& sum, const at::Tensor& update, tensor::ParameterId bias,
                        const Norm& norm) const;

  DecoderConfig config_;
  std::vector<Block> blocks_;
  Norm final_norm_;
};

}  // namespace manabi::model
