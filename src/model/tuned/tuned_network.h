// A network of which parts are tuned: R replicas of the parts on one frozen network, whose products all replicas share.
//
// Letters: R replicas, N tokens of all rows together, W wanted ones, D width, V vocabulary, C classes.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "model/tuned/frozen_network.h"
#include "model/tuned/tuned_parts.h"
#include "tensor/differentiable/packed.h"
#include "tensor/parameters/parameter_buffer.h"
#include "text/tokenizer.h"

namespace manabi::model {

// In a row of tokens: row `index` of the replica's prompt.
constexpr text::TokenId soft_token(int64_t index) { return static_cast<text::TokenId>(-1 - index); }

// One row of a packed forward pass. Rows of one replica lie beside each other, in the order of the replicas.
struct TunedRow {
  int64_t replica = 0;                    // of the leaves
  std::span<const text::TokenId> tokens;  // at least one
  std::span<const int64_t> wanted;        // offsets in `tokens`, ascending, whose final hidden state is returned
};

class TunedNetwork {
 public:
  // Throws base::Error for parts that cannot stand together or with this network (a head that a gated MLP lacks, no matrices, no rows).
  TunedNetwork(std::shared_ptr<const FrozenNetwork> frozen, TunedParts parts);

  const FrozenNetwork& frozen() const { return *frozen_; }
  const TunedParts& parts() const { return parts_; }
  // Whole weights and biases are tuned one replica at a time; anything else several together.
  bool takes_replicas() const { return !parts_.weights && !parts_.biases; }

  const tensor::ParameterPlan& plan() const { return plan_; }
  // Values that do not come from chance: copies of the weights that are tuned.
  void initialise_copies(tensor::ParameterBuffer& parameters) const;

  // The wanted states of all rows in order, after the final norm: [W, D]. Positions behind a prompt or prefix count on from it. Throws
  // base::Error for a row past the network's context.
  at::Tensor hidden(const tensor::ParameterLeaves& parameters, std::span<const TunedRow> rows) const;
  at::Tensor logits(const tensor::ParameterLeaves& parameters, const at::Tensor& hidden) const;  // [W, D] -> [W, V]
  // Of the head, hidden of one replica: [W, D] -> [W, C].
  at::Tensor class_logits(const tensor::ParameterLeaves& parameters, int64_t replica, const at::Tensor& hidden) const;

  // What the network reads of a replica: rows [P, D]; keys and values [P, layers, 2, G, E]. Undefined where the parts have none.
  at::Tensor prompt_rows(const tensor::ParameterLeaves& parameters, int64_t replica) const;
  at::Tensor prefix_positions(const tensor::ParameterLeaves& parameters, int64_t replica) const;

 private:
  using Id = tensor::ParameterId;
  static constexpr Id kNone = static_cast<Id>(-1);

  struct DenseIds {
    Id weight = kNone, bias = kNone;
  };
  struct LoraIds {
    Id a = kNone, b = kNone;
    int64_t first_column = 0;  // of the joined matrix's output
  };
  struct NormIds {
    Id gain = kNone, shift = kNone;
  };
  struct LayerIds {
    NormIds attention_norm, mlp_norm;
    DenseIds heads, attention_out, up, down;
    std::vector<LoraIds> heads_lora, attention_out_lora, up_lora, down_lora;
  };
  struct Batch;

  void declare_prompt();
  void declare_prefix();
  void declare_lora(TunedMatrix matrix);
  void declare_layer(size_t index);
  DenseIds declare_dense(const std::string& name, const FrozenDense& dense);
  NormIds declare_norm(const std::string& name, const Norm& norm);
  void declare_head();

  Batch packed(const tensor::ParameterLeaves& parameters, std::span<const TunedRow> rows) const;
  at::Tensor embedded(const tensor::ParameterLeaves& parameters, const Batch& batch) const;
  at::Tensor dense(const tensor::ParameterLeaves& parameters, const at::Tensor& input, const FrozenDense& frozen, const DenseIds& ids,
                   std::span<const LoraIds> lora, const Batch& batch) const;
  // sum = stream + update, and its norm; without a norm both are the sum.
  tensor::NormedSum normed(const tensor::ParameterLeaves& parameters, const at::Tensor& stream, const at::Tensor& update, const Norm& norm,
                           const NormIds& ids) const;
  at::Tensor attention(const tensor::ParameterLeaves& parameters, size_t index, const at::Tensor& input, const Batch& batch) const;
  at::Tensor mlp(const tensor::ParameterLeaves& parameters, size_t index, const at::Tensor& input, const Batch& batch) const;

  std::shared_ptr<const FrozenNetwork> frozen_;
  TunedParts parts_;
  tensor::ParameterPlan plan_;
  Id prompt_ = kNone, prefix_ = kNone, embedding_ = kNone, positions_ = kNone, unembedding_ = kNone, head_ = kNone;
  std::vector<Id> prompt_encoder_, prefix_encoder_;
  NormIds final_norm_;
  std::vector<LayerIds> layers_;
};

}  // namespace manabi::model
