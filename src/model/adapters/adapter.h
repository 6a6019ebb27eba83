// What tuning leaves of a model whose weights stayed as they were: the values of one tuned thing, which make a model again with its base.
//
// Letters: P positions, L layers, D width, G key-value heads, E width of a head, r rank, I inputs, O outputs, C classes.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/causal_lm.h"
#include "model/tuned/tuned_network.h"

namespace manabi::model {

struct Adapter {
  // Low rank beside one matrix of one layer.
  struct LowRank {
    int64_t layer = 0;
    TunedMatrix matrix = TunedMatrix::q;
    at::Tensor a, b;  // [r, I], [O, r]
  };
  struct Bias {
    std::string name;   // as TunedNetwork names its parameters: "blocks.3.up.bias"
    at::Tensor values;  // in place of what was there
  };

  std::string method;                // how it came about: "prompt-tuning", "lora"
  std::string base_name, base_hash;  // the checkpoint; the hash may be "" where another program wrote the adapter
  std::string made_of;               // task, data, seed, in JSON or words
  at::Tensor prompt;                 // [P, D] or undefined
  at::Tensor prefix;                 // [P, L, 2, G, E] or undefined
  std::vector<LowRank> lora;
  double lora_scale = 1;  // alpha / rank
  std::vector<Bias> biases;
  at::Tensor head;  // [C, D] or undefined
  // Where a prompt's rows stand, if not in front of everything: text with "{prompt}" for the task's text and "{soft:N}" for N rows.
  std::string soft_template;

  int64_t numbers() const;  // how many it holds
};

// The values of one replica as they are now. Throws base::Error where whole weights were tuned: these are a model.
Adapter adapter_of(const TunedNetwork& network, const tensor::ParameterBuffer& parameters, int64_t replica);

// Throws base::Error that names both checkpoints where the adapter says that it belongs to another, and shapes that do not fit.
void check_fits(const Adapter& adapter, const CausalLM& lm, const std::string& name, const std::string& hash);

// The base with the adapter: low ranks and biases go into its weights, a prompt or prefix stands before every row. The context that is left is
// as much shorter. A head and a template are not the model's: who reads with them looks at the adapter.
std::unique_ptr<CausalLM> adapted(std::unique_ptr<CausalLM> base, const Adapter& adapter);

// The same beside a base that outlives it and stays as it is: what the adapter does not change is shared, so that many adapters of one model may
// be read with at once. Throws base::Error for low ranks and biases on what is no transformer.
std::unique_ptr<CausalLM> adapted_beside(const CausalLM& base, const Adapter& adapter);

// The network with whole tuned weights or biases in the place of its own, in float32.
std::shared_ptr<const FrozenNetwork> tuned_weights(const TunedNetwork& network, const tensor::ParameterBuffer& parameters, int64_t replica);

}  // namespace manabi::model
