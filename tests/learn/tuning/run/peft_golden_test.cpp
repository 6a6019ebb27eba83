// Beside PEFT: its adapters for a tiny Llama (tests/learn/golden/make_tuning.py), what it says with them, its loss and its first gradients.
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <map>

#include "learn/tuning/run/tuning_objective.h"
#include "model/adapters/peft_files.h"
#include "model/family.h"
#include "model/weights/hugging_face.h"
#include "tests/support/golden_tensors.h"

namespace manabi::learn {
namespace {

using model::TunedParts;

constexpr double kTolerance = 1e-4;  // relative to the largest

std::string folder() { return std::string(MANABI_SOURCE_FOLDER) + "/tests/learn/golden/tuning"; }

class Peft : public testing::TestWithParam<std::string> {
 protected:
  static std::unique_ptr<model::CausalLM> base() {
    const model::HuggingFaceFolder files(folder() + "/base");
    const auto blueprint = model::find_family("llama", "").from_json(files.config(), files.config_path());
    const model::StoredWeights stored = files.stored_weights();
    return blueprint->build(model::Weights(stored, blueprint->required_tensors(), 0), {});
  }
  std::vector<TokenId> row(int64_t index) const {
    const at::Tensor ids = expected("ids")[index].contiguous();
    return {ids.const_data_ptr<int64_t>(), ids.const_data_ptr<int64_t>() + ids.numel()};
  }
  int64_t rows() const { return expected("ids").size(0); }

  test::GoldenTensors expected{folder() + "/expected.safetensors"};
};

void expect_near(const at::Tensor& got, const at::Tensor& wanted, const std::string& what) {
  ASSERT_EQ(got.sizes(), wanted.sizes()) << what;
  EXPECT_LE((got - wanted).abs().max().item<double>(), kTolerance * wanted.abs().max().item<double>()) << what;
}

class PeftFiles : public Peft {};

std::string name_of_kind(const testing::TestParamInfo<std::string>& kind) {
  std::string name = kind.param;
  std::ranges::replace(name, '-', '_');
  return name;
}

TEST_P(PeftFiles, AModelWithItsAdapterSaysWhatPeftSays) {
  const model::Adapter adapter = model::load_adapter(folder() + "/" + GetParam());
  const auto lm = model::adapted(base(), adapter);
  for (int64_t index = 0; index < rows(); ++index) {
    const std::vector<TokenId> tokens = row(index);
    model::Row read{.tokens = tokens};
    for (int64_t i = 0; i < std::ssize(tokens); ++i) read.wanted.push_back(i);
    expect_near(lm->logits(lm->forward({&read, 1}).hidden), expected(GetParam() + ".logits")[index], "row " + std::to_string(index));
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, PeftFiles, testing::Values("prompt", "p-tuning", "p-tuning-lstm", "prefix", "prefix-mlp", "lora"), name_of_kind);

TunedParts parts_of(const std::string& kind) {
  using enum model::TunedMatrix;
  if (kind == "prompt") return {.prompt = model::SoftPromptParts{.lengths = {4}}};
  if (kind == "p-tuning") return {.prompt = model::SoftPromptParts{.lengths = {4}, .encoder = model::PromptEncoder::mlp, .encoder_width = 8}};
  if (kind == "p-tuning-lstm")
    return {.prompt = model::SoftPromptParts{.lengths = {4}, .encoder = model::PromptEncoder::lstm, .encoder_width = 8}};
  if (kind == "prefix") return {.prefix = model::PrefixParts{.lengths = {4}}};
  if (kind == "prefix-mlp") return {.prefix = model::PrefixParts{.lengths = {4}, .encoder_width = 8}};
  if (kind == "lora") return {.lora = model::LoraParts{.rank = 2, .scale = 3, .matrices = {q, k, v, attention_out, gate, up, down}}};
  return {.weights = true};
}

// PEFT's name of one of our parameters.
std::string peft_name(const std::string& kind, const std::string& ours) {
  static const std::map<std::string, std::string> kEncoders = {{"prompt.table", "embedding.weight"},
                                                               {"prefix.table", "embedding.weight"},
                                                               {"prefix.in", "transform.0"},
                                                               {"prefix.out", "transform.2"},
                                                               {"p-tuning/prompt.in", "mlp_head.0"},
                                                               {"p-tuning/prompt.middle", "mlp_head.2"},
                                                               {"p-tuning/prompt.out", "mlp_head.4"},
                                                               {"p-tuning-lstm/prompt.middle", "mlp_head.0"},
                                                               {"p-tuning-lstm/prompt.out", "mlp_head.2"},
                                                               {".input", "weight_ih"},
                                                               {".state", "weight_hh"},
                                                               {".input_bias", "bias_ih"},
                                                               {".state_bias", "bias_hh"}};
  static const std::map<std::string, std::string> kMatrices = {{"q", "self_attn.q_proj"}, {"k", "self_attn.k_proj"}, {"v", "self_attn.v_proj"},
                                                               {"o", "self_attn.o_proj"}, {"gate", "mlp.gate_proj"}, {"up", "mlp.up_proj"},
                                                               {"down", "mlp.down_proj"}};
  const std::string encoder = "prompt_encoder.default.";
  if (kEncoders.contains(ours)) return encoder + kEncoders.at(ours);
  if (ours.starts_with("prompt.lstm.")) {
    const size_t part = ours.rfind('.');
    const bool is_backward = ours.find("backward") != std::string::npos;
    return encoder + "lstm_head." + kEncoders.at(ours.substr(part)) + "_l" + ours[12] + (is_backward ? "_reverse" : "");
  }
  if (kind == "lora") {  // blocks.0.q.lora_a
    const size_t dot = ours.find('.', 9), matrix = 9;
    const std::string side = ours.ends_with("lora_a") ? "lora_A" : "lora_B";
    return "base_model.model.model.layers." + ours.substr(7, 1) + "." + kMatrices.at(ours.substr(matrix, dot - matrix)) + "." + side +
           ".default.weight";
  }
  const size_t part = ours.rfind('.');
  const std::string stem = ours.substr(0, part);
  const auto found = kEncoders.find(kEncoders.contains(stem) ? stem : kind + "/" + stem);
  return encoder + (found == kEncoders.end() ? "?" + ours : found->second) + ours.substr(part);
}

class PeftGradients : public Peft {
 protected:
  // One step's loss and gradients, with PEFT's values.
  void compute(const std::string& kind, const std::function<void(tensor::ParameterBuffer&)>& set) {
    network_ = std::make_unique<model::TunedNetwork>(base()->frozen(at::kFloat), parts_of(kind));
    parameters_ = std::make_unique<tensor::ParameterBuffer>(network_->plan(), 1, at::kFloat);
    network_->initialise_copies(*parameters_);
    set(*parameters_);
    auto items = std::make_shared<std::vector<TuningItem>>();
    for (int64_t index = 0; index < rows(); ++index) items->push_back({.tokens = row(index), .asked_from = 5});
    const TuningObjective objective(*network_, {{.items = items, .order = {0, 1, 2}}});
    leaves_ = std::make_unique<tensor::ParameterLeaves>(*parameters_, 0, at::zeros_like(parameters_->values()));
    const at::Tensor losses = objective.losses(*leaves_, {.rows = rows(), .batch = rows()});
    torch::autograd::backward({losses.sum()}, {});
    expect_near(losses.detach(), expected(kind + ".loss"), "loss");
  }

  std::unique_ptr<model::TunedNetwork> network_;
  std::unique_ptr<tensor::ParameterBuffer> parameters_;
  std::unique_ptr<tensor::ParameterLeaves> leaves_;
};

TEST_P(PeftGradients, TheFirstLossAndGradientsArePefts) {
  const std::string kind = GetParam();
  compute(kind, [&](tensor::ParameterBuffer& parameters) {
    for (const tensor::ParameterShape& shape : parameters.shapes())
      parameters.view(shape.name)[0].copy_(expected(kind + ".value." + peft_name(kind, shape.name)));
  });
  for (tensor::ParameterId id = 0; id < parameters_->shapes().size(); ++id) {
    const std::string& name = parameters_->shapes()[id].name;
    expect_near((*leaves_)[id].grad()[0], expected(kind + ".gradient." + peft_name(kind, name)), name);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, PeftGradients, testing::Values("prompt", "p-tuning", "p-tuning-lstm", "prefix", "prefix-mlp", "lora"),
                         name_of_kind);

TEST_F(PeftGradients, OfAllWeightsTheyArePyTorchs) {
  compute("full", [](tensor::ParameterBuffer&) {});
  const auto gradient = [&](const std::string& name) {
    for (tensor::ParameterId id = 0; id < parameters_->shapes().size(); ++id)
      if (parameters_->shapes()[id].name == name) return (*leaves_)[id].grad()[0];
    throw std::runtime_error("no parameter " + name);
  };
  const auto theirs = [&](const std::string& name) { return expected("full.gradient.model." + name); };
  expect_near(gradient("embedding.weight"), theirs("embed_tokens.weight"), "embedding");
  expect_near(gradient("final_norm.gain"), theirs("norm.weight"), "final norm");
  for (int layer = 0; layer < 2; ++layer) {
    const std::string ours = "blocks." + std::to_string(layer) + ".", stem = "layers." + std::to_string(layer) + ".";
    expect_near(
        gradient(ours + "heads.weight"),
        at::cat({theirs(stem + "self_attn.q_proj.weight"), theirs(stem + "self_attn.k_proj.weight"), theirs(stem + "self_attn.v_proj.weight")}),
        ours + "heads");
    expect_near(gradient(ours + "attention_out.weight"), theirs(stem + "self_attn.o_proj.weight"), ours + "out");
    expect_near(gradient(ours + "up.weight"), at::cat({theirs(stem + "mlp.gate_proj.weight"), theirs(stem + "mlp.up_proj.weight")}),
                ours + "up");
    expect_near(gradient(ours + "down.weight"), theirs(stem + "mlp.down_proj.weight"), ours + "down");
    expect_near(gradient(ours + "attention_norm.gain"), theirs(stem + "input_layernorm.weight"), ours + "norm");
    expect_near(gradient(ours + "mlp_norm.gain"), theirs(stem + "post_attention_layernorm.weight"), ours + "norm");
  }
}

}  // namespace
}  // namespace manabi::learn
