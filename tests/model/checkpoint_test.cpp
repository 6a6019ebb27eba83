#include "model/checkpoint.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>

#include "base/file.h"
#include "base/hash.h"
#include "tests/support/data.h"
#include "tests/support/error.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_llama.h"

namespace manabi::model {
namespace {

using test::error_of;
using test::TinyLlama;
using ::testing::AllOf;
using ::testing::HasSubstr;

const std::vector<TokenId> kTokens = {7, 200, 31, 31, 0, 263, 90, 1};

Checkpoint open(const std::string& path, at::ScalarType dtype = at::kFloat) {
  return open_checkpoint(path, {.compute = {.device = at::kCPU, .dtype = dtype}, .tokenizer = ""});
}

std::string opening_error(const std::string& path) {
  return error_of([&] { open(path); });
}

at::Tensor all_logits(const Checkpoint& checkpoint, const std::vector<TokenId>& tokens) {
  Row row{.tokens = tokens, .prefix = nullptr, .wanted = {}};
  for (size_t i = 0; i < tokens.size(); ++i) row.wanted.push_back(static_cast<int64_t>(i));
  return checkpoint.lm->logits(checkpoint.lm->forward(std::span(&row, 1)).hidden);
}

class Checkpoints : public ::testing::Test {
 protected:
  test::TemporaryFolder folder;

  // The tiny model as a GGUF file after `change` had its way with it.
  template <class Change>
  std::string changed_gguf(Change change) const {
    TinyLlama tiny = test::make_tiny_llama();
    change(tiny);
    const std::string path = folder.path("changed.gguf");
    test::write_gguf(tiny, path);
    return path;
  }

  // The tiny model as a folder whose config.json `change` had its way with.
  template <class Change>
  std::string changed_folder(Change change) const {
    const std::string path = folder.path("changed");
    test::write_hugging_face(test::make_tiny_llama(), path);
    base::Json config = base::read_json(path + "/config.json");
    change(config);
    test::write_bytes(path + "/config.json", config.dump());
    return path;
  }
};

TEST_F(Checkpoints, AllFormatsGiveTheSameLogits) {
  for (const bool is_tied : {true, false}) {
    LlamaConfiguration configuration = test::tiny_configuration();
    configuration.is_tied = is_tied;
    const TinyLlama tiny = test::make_tiny_llama(configuration);
    test::write_gguf(tiny, folder.path("tiny.gguf"));
    test::write_hugging_face(tiny, folder.path("tiny"));
    test::write_llama2c(tiny, folder.path("legacy.bin"), test::Llama2cLayout::legacy);
    test::write_llama2c(tiny, folder.path("versioned.bin"), test::Llama2cLayout::versioned);

    const at::Tensor expected = all_logits(open(folder.path("tiny")), kTokens);
    EXPECT_EQ(expected.sizes(), (std::vector<int64_t>{8, 264}));
    for (const char* name : {"tiny.gguf", "legacy.bin", "versioned.bin"}) {
      EXPECT_TRUE(at::equal(all_logits(open(folder.path(name)), kTokens), expected)) << name << (is_tied ? " tied" : " untied");
    }
  }
}

TEST_F(Checkpoints, Bfloat16IsTheRoundedModelInEveryFormat) {
  const TinyLlama tiny = test::make_tiny_llama();
  test::write_gguf(tiny, folder.path("tiny.gguf"));
  test::write_hugging_face(tiny, folder.path("tiny"));
  const at::Tensor expected = all_logits(open(folder.path("tiny"), at::kBFloat16), kTokens);
  EXPECT_TRUE(at::equal(all_logits(open(folder.path("tiny.gguf"), at::kBFloat16), kTokens), expected));
  EXPECT_FALSE(at::equal(all_logits(open(folder.path("tiny")), kTokens), expected));
}

TEST_F(Checkpoints, TheNumberOfReadersDoesNotMatter) {
  test::write_gguf(test::make_tiny_llama(), folder.path("tiny.gguf"));
  const Checkpoint one = open_checkpoint(folder.path("tiny.gguf"), {.compute = {}, .tokenizer = "", .threads = 1});
  const Checkpoint many = open_checkpoint(folder.path("tiny.gguf"), {.compute = {}, .tokenizer = "", .threads = 7});
  EXPECT_TRUE(at::equal(all_logits(one, kTokens), all_logits(many, kTokens)));
}

TEST_F(Checkpoints, SeveralFilesUnderAnIndexEqualOne) {
  const TinyLlama tiny = test::make_tiny_llama();
  test::write_hugging_face(tiny, folder.path("tiny"));
  const at::Tensor expected = all_logits(open(folder.path("tiny")), kTokens);

  std::map<std::string, test::TinyTensor> parts[2];
  base::Json index = {{"weight_map", base::Json::object()}};
  for (const auto& [name, tensor] : tiny.tensors) {
    const size_t part = name.find("layers.1.") != std::string::npos;
    parts[part][name] = tensor;
    index["weight_map"][name] = part ? "b.safetensors" : "a.safetensors";
  }
  std::filesystem::remove(folder.path("tiny/model.safetensors"));
  test::write_tiny_safetensors(parts[0], folder.path("tiny/a.safetensors"));
  test::write_tiny_safetensors(parts[1], folder.path("tiny/b.safetensors"));
  const std::string index_path = folder.path("tiny/model.safetensors.index.json");
  test::write_bytes(index_path, index.dump());
  EXPECT_TRUE(at::equal(all_logits(open(folder.path("tiny")), kTokens), expected));

  index["weight_map"]["model.norm.weight"] = "b.safetensors";
  test::write_bytes(index_path, index.dump());
  EXPECT_THAT(opening_error(folder.path("tiny")), AllOf(HasSubstr("model.norm.weight"), HasSubstr("said to be in b.safetensors")));
  index["weight_map"]["model.norm.weight"] = "../a.safetensors";
  test::write_bytes(index_path, index.dump());
  EXPECT_THAT(opening_error(folder.path("tiny")), HasSubstr("a file's name in the same folder"));
  index["weight_map"]["model.norm.weight"] = "c.safetensors";
  test::write_bytes(index_path, index.dump());
  EXPECT_THAT(opening_error(folder.path("tiny")), HasSubstr("c.safetensors"));
  test::write_tiny_safetensors(parts[1], folder.path("tiny/c.safetensors"));
  EXPECT_THAT(opening_error(folder.path("tiny")), HasSubstr("a second tensor of this name"));
  test::write_bytes(index_path, "{}");
  EXPECT_THAT(opening_error(folder.path("tiny")), HasSubstr("weight_map"));
}

TEST_F(Checkpoints, GgufFrequencyDivisorsEqualTheScalingThatTheyStandFor) {
  LlamaConfiguration configuration = test::tiny_configuration();
  configuration.rotation.scaling = RotationSettings::Scaling::linear;
  configuration.rotation.linear_factor = 4;
  test::write_gguf(test::make_tiny_llama(configuration), folder.path("linear.gguf"));

  const TinyLlama plain = test::make_tiny_llama();
  test::GgufWriter writer;
  test::add_tiny_configuration(writer, plain.configuration);
  test::add_tiny_tokenizer(writer);
  test::add_tiny_tensors(writer, plain);
  writer.tensor("rope_freqs.weight", {2}, {4.0f, 4.0f});
  test::write_bytes(folder.path("divided.gguf"), writer.bytes());
  EXPECT_TRUE(at::equal(all_logits(open(folder.path("divided.gguf")), kTokens), all_logits(open(folder.path("linear.gguf")), kTokens)));
}

TEST_F(Checkpoints, ATiedFolderMayHoldACopyOfTheEmbedding) {
  TinyLlama tiny = test::make_tiny_llama();
  tiny.tensors["lm_head.weight"] = tiny.tensors["model.embed_tokens.weight"];
  tiny.tensors["model.layers.0.self_attn.rotary_emb.inv_freq"] = {.shape = {2}, .values = {1, 0.01f}};
  test::write_hugging_face(tiny, folder.path("tiny"));
  EXPECT_EQ(open(folder.path("tiny")).lm->layers(), 3);
}

TEST_F(Checkpoints, NameHashAndFormatSayWhatWasOpened) {
  const TinyLlama tiny = test::make_tiny_llama();
  test::write_gguf(tiny, folder.path("tiny.gguf"));
  test::write_hugging_face(tiny, folder.path("tiny"));
  const Checkpoint gguf = open(folder.path("tiny.gguf"));
  EXPECT_EQ(gguf.name, "tiny.gguf");
  EXPECT_EQ(gguf.format, "gguf");
  EXPECT_EQ(gguf.hash, base::sha256(base::read_text(folder.path("tiny.gguf"))));
  EXPECT_EQ(gguf.tokenizer->size(), 264);

  const Checkpoint opened = open(folder.path("tiny") + "/");
  EXPECT_EQ(opened.name, "tiny");
  EXPECT_EQ(opened.format, "safetensors");
  EXPECT_EQ(opened.hash, summarize_checkpoint(folder.path("tiny")).hash);
  const std::string before = opened.hash;
  test::write_bytes(folder.path("tiny/config.json"), base::read_text(folder.path("tiny/config.json")) + " ");
  EXPECT_NE(summarize_checkpoint(folder.path("tiny")).hash, before);
}

TEST_F(Checkpoints, OneMessageListsEveryTensorThatDoesNotFit) {
  const std::string path = changed_gguf([](TinyLlama& tiny) {
    tiny.tensors.erase("model.layers.2.mlp.up_proj.weight");
    tiny.tensors.erase("model.norm.weight");
    tiny.tensors["model.layers.1.self_attn.v_proj.weight"] = {.shape = {4, 32}, .values = std::vector<float>(128)};
  });
  EXPECT_THAT(opening_error(path),
              AllOf(HasSubstr(path), HasSubstr("2 missing"), HasSubstr("'blk.2.ffn_up.weight' [24, 16]"), HasSubstr("'output_norm.weight' [16]"),
                    HasSubstr("1 of another shape"), HasSubstr("'blk.1.attn_v.weight' [4, 32] instead of [8, 16]")));
}

TEST_F(Checkpoints, TensorsThatNothingReadsAreRefused) {
  TinyLlama tiny = test::make_tiny_llama();
  tiny.tensors["model.layers.0.self_attn.q_proj.bias"] = {.shape = {16}, .values = std::vector<float>(16)};
  test::write_hugging_face(tiny, folder.path("tiny"));
  EXPECT_THAT(opening_error(folder.path("tiny")),
              AllOf(HasSubstr("1 unused: 'model.layers.0.self_attn.q_proj.bias' [16]"), HasSubstr("biases")));
}

TEST_F(Checkpoints, LongListsAreCut) {
  const std::string path = changed_gguf([](TinyLlama& tiny) {
    const test::TinyTensor embedding = tiny.tensors["model.embed_tokens.weight"];
    tiny.tensors.clear();
    tiny.tensors["model.embed_tokens.weight"] = embedding;
  });
  EXPECT_THAT(opening_error(path), AllOf(HasSubstr("28 missing"), HasSubstr("and 16 more")));
}

TEST_F(Checkpoints, WeightsThatAreNoNumbersAreRefusedByName) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    const std::string path = changed_gguf([&](TinyLlama& tiny) { tiny.tensors["model.layers.1.mlp.down_proj.weight"].values[5] = bad; });
    EXPECT_THAT(opening_error(path), AllOf(HasSubstr("blk.1.ffn_down.weight"), HasSubstr("infinite or not a number")));
    EXPECT_THAT(error_of([&] { open(path, at::kBFloat16); }), HasSubstr("blk.1.ffn_down.weight"));
  }
}

TEST_F(Checkpoints, AnUnknownEncodingIsNamedAndTheKnownOnesListed) {
  const TinyLlama tiny = test::make_tiny_llama();
  test::GgufWriter writer;
  test::add_tiny_configuration(writer, tiny.configuration);
  test::add_tiny_tokenizer(writer);
  test::add_tiny_tensors(writer, tiny);
  writer.tensor("output.weight", {264, 16}, static_cast<base::GgufType>(10), std::string(264 * 16, 'x'));
  test::write_bytes(folder.path("q2.gguf"), writer.bytes());
  EXPECT_THAT(opening_error(folder.path("q2.gguf")), AllOf(HasSubstr("'output.weight'"), HasSubstr("10"), HasSubstr("Q4_K"), HasSubstr("Q8_0")));
}

TEST_F(Checkpoints, AnUnknownArchitectureIsNamedAndTheKnownOnesListed) {
  test::GgufWriter writer;
  writer.key("general.architecture", "mamba");
  test::write_bytes(folder.path("mamba.gguf"), writer.bytes());
  EXPECT_THAT(opening_error(folder.path("mamba.gguf")), AllOf(HasSubstr("architecture 'mamba'"), HasSubstr("llama")));
  EXPECT_THAT(opening_error(changed_folder([](base::Json& config) { config["model_type"] = "qwen2"; })), HasSubstr("architecture 'qwen2'"));
  EXPECT_THAT(opening_error(changed_folder([](base::Json& config) { config.erase("model_type"); })), HasSubstr("model_type"));
}

TEST_F(Checkpoints, VariantsThatAreNotComputedAreRefusedByKey) {
  const auto with = [&](const std::string& key, const base::Json& value) {
    return opening_error(changed_folder([&](base::Json& config) { config[key] = value; }));
  };
  EXPECT_THAT(with("attention_bias", true), AllOf(HasSubstr("key 'attention_bias'"), HasSubstr("no biases")));
  EXPECT_THAT(with("mlp_bias", true), HasSubstr("key 'mlp_bias'"));
  EXPECT_THAT(with("hidden_act", "gelu"), AllOf(HasSubstr("gelu"), HasSubstr("silu")));
  EXPECT_THAT(with("rope_scaling", {{"rope_type", "yarn"}, {"factor", 4}}), AllOf(HasSubstr("yarn"), HasSubstr("llama3")));
  EXPECT_THAT(with("rope_scaling", {{"rope_type", "llama3"}}), HasSubstr("no key 'factor'"));
  EXPECT_THAT(with("rope_scaling", {{"type", "linear"}, {"factor", 0}}), HasSubstr("factor of 0"));
  EXPECT_THAT(with("rope_scaling", {{"rope_type", "llama3"}, {"factor", 8}, {"low_freq_factor", 4}, {"high_freq_factor", 1}}),
              HasSubstr("empty band"));
}

TEST_F(Checkpoints, SenselessSizesAreRefused) {
  const auto with = [&](const std::string& key, const base::Json& value) {
    return opening_error(changed_folder([&](base::Json& config) { config[key] = value; }));
  };
  EXPECT_THAT(with("hidden_size", 0), HasSubstr("width 0"));
  EXPECT_THAT(with("num_hidden_layers", int64_t{1} << 40), HasSubstr("layers 1099511627776"));
  EXPECT_THAT(with("num_hidden_layers", 5000), HasSubstr("at most 4096"));
  EXPECT_THAT(with("num_hidden_layers", -1), HasSubstr("layers -1"));
  EXPECT_THAT(with("num_key_value_heads", 3), HasSubstr("4 heads on 3 key-value heads"));
  EXPECT_THAT(with("head_dim", 5), HasSubstr("head width 5"));
  EXPECT_THAT(with("rms_norm_eps", 0), HasSubstr("norm epsilon 0"));
  EXPECT_THAT(with("rope_theta", -1), HasSubstr("rotation base -1"));
  EXPECT_THAT(with("vocab_size", "many"), AllOf(HasSubstr("key 'vocab_size'"), HasSubstr("an integer")));
  EXPECT_THAT(with("rms_norm_eps", "small"), HasSubstr("a number"));
  EXPECT_THAT(with("tie_word_embeddings", 3), HasSubstr("true or false"));
  EXPECT_THAT(with("hidden_act", 3), HasSubstr("a text"));
  EXPECT_THAT(opening_error(changed_folder([](base::Json& config) { config.erase("intermediate_size"); })),
              HasSubstr("no key 'intermediate_size'"));
  EXPECT_THAT(opening_error(changed_folder([](base::Json& config) { config = {1, 2}; })), HasSubstr("config.json"));
}

TEST_F(Checkpoints, GgufKeysThatContradictAreRefused) {
  const auto with = [&](const std::string& key, uint32_t value, uint32_t experts = 0) {
    const TinyLlama tiny = test::make_tiny_llama();
    test::GgufWriter writer;
    writer.key("general.architecture", "llama");
    for (const auto& [name, size] : std::map<std::string, uint32_t>{{"llama.embedding_length", 16},
                                                                    {"llama.block_count", 3},
                                                                    {"llama.attention.head_count", 4},
                                                                    {"llama.attention.head_count_kv", 2},
                                                                    {"llama.feed_forward_length", 24},
                                                                    {"llama.context_length", 512}}) {
      writer.key(name, size);
    }
    writer.key("llama.attention.layer_norm_rms_epsilon", 1e-5f);
    if (!key.empty()) writer.key(key, value);
    if (experts > 0) writer.key("llama.expert_count", experts);
    test::add_tiny_tokenizer(writer);
    test::add_tiny_tensors(writer, tiny);
    test::write_bytes(folder.path("keys.gguf"), writer.bytes());
    return opening_error(folder.path("keys.gguf"));
  };
  EXPECT_EQ(with("", 0), "");  // vocabulary and head width are derived
  EXPECT_THAT(with("llama.rope.dimension_count", 2), AllOf(HasSubstr("llama.rope.dimension_count"), HasSubstr("head width, 4")));
  EXPECT_THAT(with("llama.attention.value_length", 8), HasSubstr("llama.attention.value_length"));
  EXPECT_THAT(with("llama.vocab_size", 300), HasSubstr("'token_embd.weight' [264, 16] instead of [300, 16]"));
  EXPECT_THAT(with("", 0, 8), HasSubstr("mixtures of experts"));
}

TEST_F(Checkpoints, Llama2cFilesThatLieAreRefused) {
  const std::string path = folder.path("tiny.bin");
  test::write_llama2c(test::make_tiny_llama(), path);
  const std::string good = base::read_text(path);
  const auto error_with = [&](const std::string& bytes) {
    test::write_bytes(path, bytes);
    return opening_error(path);
  };
  EXPECT_EQ(error_with(good), "");
  EXPECT_THAT(error_with(good.substr(0, 20)), HasSubstr("20 bytes"));
  EXPECT_THAT(error_with(good.substr(0, good.size() - 4)), HasSubstr("which end within"));
  EXPECT_THAT(error_with(good + "1234"), HasSubstr("4 bytes behind the last tensor"));
  EXPECT_THAT(error_with(test::GgufWriter::plain_bytes(int32_t{0}) + good.substr(4)), HasSubstr("width 0"));
  EXPECT_THAT(error_with(test::GgufWriter::plain_bytes(int32_t{1} << 30) + good.substr(4)), HasSubstr("width 1073741824"));
  EXPECT_THAT(error_with(test::GgufWriter::plain_bytes(uint32_t{0x616b3432}) + good.substr(4, 40)), HasSubstr("256 bytes"));
  EXPECT_THAT(error_with(test::GgufWriter::plain_bytes(uint32_t{0x616b3432}) + test::GgufWriter::plain_bytes(int32_t{2}) + good),
              HasSubstr("llama2.c version 2"));
}

TEST_F(Checkpoints, ALlama2cFileNeedsATokenizerBesideItOrByName) {
  const std::string path = folder.path("tiny.bin");
  test::write_llama2c(test::make_tiny_llama(), path);
  std::filesystem::rename(folder.path("tokenizer.bin"), folder.path("other.bin"));
  EXPECT_THAT(opening_error(path), AllOf(HasSubstr("no tokenizer beside it"), HasSubstr("tok264.bin"), HasSubstr("--tokenizer")));
  EXPECT_EQ(open_checkpoint(path, {.compute = {}, .tokenizer = folder.path("other.bin")}).tokenizer->size(), 264);
  std::filesystem::rename(folder.path("other.bin"), folder.path("tok264.bin"));
  EXPECT_EQ(open(path).tokenizer->size(), 264);
}

TEST_F(Checkpoints, AFolderWithoutItsPartsIsRefused) {
  const std::string path = folder.path("tiny");
  test::write_hugging_face(test::make_tiny_llama(), path);
  std::filesystem::remove(path + "/tokenizer.json");
  EXPECT_THAT(opening_error(path), HasSubstr("tokenizer.json"));
  std::filesystem::remove(path + "/model.safetensors");
  EXPECT_THAT(opening_error(path), AllOf(HasSubstr("no weights"), HasSubstr("model.safetensors.index.json")));
  std::filesystem::remove(path + "/config.json");
  EXPECT_THAT(opening_error(path), HasSubstr("without config.json"));
  EXPECT_THAT(error_of([&] { summarize_checkpoint(path); }), HasSubstr("without config.json"));
}

TEST_F(Checkpoints, ATokenizerLargerThanTheVocabularyIsRefused) {
  LlamaConfiguration configuration = test::tiny_configuration();
  configuration.vocabulary = 260;
  test::write_gguf(test::make_tiny_llama(configuration), folder.path("small.gguf"));
  EXPECT_THAT(opening_error(folder.path("small.gguf")), AllOf(HasSubstr("a tokenizer of 264 tokens"), HasSubstr("at most 260")));
}

TEST_F(Checkpoints, WhatIsNoCheckpointIsRefusedWithTheKnownKinds) {
  test::write_bytes(folder.path("notes.txt"), "hello");
  test::write_bytes(folder.path("model.safetensors"), "hello");
  EXPECT_THAT(opening_error(folder.path("notes.txt")), HasSubstr("NAME.gguf"));
  EXPECT_THAT(opening_error(folder.path("model.safetensors")), HasSubstr("give the folder instead"));
  EXPECT_THAT(opening_error(folder.path("missing.gguf")), HasSubstr("no such file or folder"));
}

// Weights and values of a small trained model, computed in float64 by an independent program.
struct GoldenModel {
  const char* name;
  const char* file;
};

class GoldenModels : public ::testing::TestWithParam<GoldenModel> {};

TEST_P(GoldenModels, GiveTheKnownTokensLikelihoodsAndLogits) {
  const std::string path = test::shared_path(std::string("models/") + GetParam().file);
  MANABI_NEEDS(path);
  const base::Json golden = base::read_json(test::shared_path("models/golden_float64.json")).at(GetParam().name);
  const Checkpoint checkpoint = open(path);
  const auto ids = golden.at("ids_with_bos").get<std::vector<TokenId>>();

  std::vector<TokenId> encoded = {*checkpoint.tokenizer->bos()};
  for (const TokenId id : checkpoint.tokenizer->encode(golden.at("text").get<std::string>())) encoded.push_back(id);
  EXPECT_EQ(encoded, ids);

  const at::Tensor logits = all_logits(checkpoint, ids);
  const at::Tensor log_probabilities = logits.log_softmax(-1);
  const base::Json& losses = golden.at("nll");
  for (size_t i = 0; i + 1 < ids.size(); ++i) {
    EXPECT_NEAR(-log_probabilities[static_cast<int64_t>(i)][ids[i + 1]].item<double>(), losses[i].get<double>(), 2e-5) << i;
  }
  const base::Json& last = golden.at("last_logits_first16");
  for (size_t token = 0; token < last.size(); ++token) {
    EXPECT_NEAR(logits[logits.size(0) - 1][static_cast<int64_t>(token)].item<double>(), last[token].get<double>(), 5e-5) << token;
  }
}

TEST_P(GoldenModels, ContinueGreedilyAsKnown) {
  const std::string path = test::shared_path(std::string("models/") + GetParam().file);
  MANABI_NEEDS(path);
  const base::Json golden = base::read_json(test::shared_path("models/golden_float64.json")).at(GetParam().name);
  const auto expected = golden.at("greedy40_from_bos").get<std::vector<TokenId>>();
  const Checkpoint checkpoint = open(path);
  std::shared_ptr<const Cache> prefix;
  std::vector<TokenId> tokens = {expected.front()};
  while (tokens.size() < expected.size()) {
    const Row row{.tokens = std::span(&tokens.back(), 1), .prefix = prefix, .wanted = {0}, .keeps_cache = true};
    const Forward forward = checkpoint.lm->forward(std::span(&row, 1));
    prefix = forward.caches.front();
    tokens.push_back(static_cast<TokenId>(checkpoint.lm->logits(forward.hidden).argmax(-1).item<int64_t>()));
  }
  EXPECT_EQ(tokens, expected);
}

INSTANTIATE_TEST_SUITE_P(Models, GoldenModels,
                         ::testing::Values(GoldenModel{"stories260K", "stories260K/stories260K.bin"},
                                           GoldenModel{"stories260K", "stories260K/stories260K_v1.bin"},
                                           GoldenModel{"llama2xs_279K", "llama2xs_279K/model.bin"},
                                           GoldenModel{"babyllama_tok105", "babyllama_tok105/model5000.bin"}),
                         [](const auto& parameter) {
                           std::string name = parameter.param.file;
                           for (char& letter : name) letter = std::isalnum(static_cast<unsigned char>(letter)) ? letter : '_';
                           return name;
                         });

}  // namespace
}  // namespace manabi::model
