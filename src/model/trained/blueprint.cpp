#include "model/trained/blueprint.h"

#include <ATen/ATen.h>

#include "base/error.h"
#include "model/network/token_network_json.h"
#include "model/trained/trained_lm.h"

namespace manabi::model {
namespace {

class TrainedBlueprint final : public Blueprint {
 public:
  TrainedBlueprint(const base::Json& json, const std::string& where) : config_(token_network_from_json(json, where)), network_(config_, plan_) {
    if (config_.outputs != config_.vocabulary)
      throw base::Error({.where = where + ", keys 'outputs', 'vocabulary'",
                         .given = std::to_string(config_.outputs) + " outputs of " + std::to_string(config_.vocabulary) + " tokens",
                         .expected = "as many: another network is no language model"});
  }

  // The network's own names; a parameter's role is its place among them.
  std::vector<RequiredTensor> required_tensors() const override {
    std::vector<RequiredTensor> required;
    for (const tensor::ParameterShape& shape : plan_.shapes())
      required.push_back({.key = {static_cast<int>(required.size()), 0}, .hugging_face = shape.name, .shape = shape.sizes});
    return required;
  }
  int64_t vocabulary() const override { return config_.vocabulary; }
  int64_t context() const override { return config_.context; }

  std::unique_ptr<CausalLM> build(const Weights& weights, const tensor::Compute& compute) const override {
    if (compute.dtype != at::kFloat)
      throw base::Error(
          {.where = "--dtype", .given = tensor::name_of(compute.dtype), .expected = "float32 for a network that was trained here"});
    auto lm = std::make_unique<TrainedLm>(config_, compute);
    for (tensor::ParameterId id = 0; id < plan_.shapes().size(); ++id)
      lm->parameters_to_fill().view(id).select(0, 0).copy_(weights.read({static_cast<int>(id), 0}, at::kFloat));
    return lm;
  }

 private:
  TokenNetworkConfig config_;
  tensor::ParameterPlan plan_;
  TokenNetwork network_;
};

}  // namespace

std::unique_ptr<Blueprint> trained_blueprint_from_json(const base::Json& config, const std::string& where) {
  return std::make_unique<TrainedBlueprint>(config, where);
}

std::unique_ptr<Blueprint> trained_blueprint_from_gguf(const base::GgufFile&) {
  throw base::Error({.given = "a network of Manabi's in GGUF", .expected = "the folder that train wrote"});
}

}  // namespace manabi::model
