// What is tuned of a network whose other weights stay as they are. Any of these may stand together.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace manabi::model {

// What stands between a trained table and the rows that the network reads. mlp: three dense layers with ReLU between (PEFT's form). lstm: a
// bidirectional LSTM of two layers over the rows, then two dense layers (Liu et al. 2021).
enum class PromptEncoder { none, mlp, lstm };

// Rows in the place of embedded tokens (Lester et al. 2021; P-tuning, Liu et al. 2021).
struct SoftPromptParts {
  std::vector<int64_t> lengths = {20};  // one a replica
  PromptEncoder encoder = PromptEncoder::none;
  int64_t encoder_width = 0;    // hidden; 0: as wide as the network
  bool stands_in_front = true;  // of every row; else rows of tokens name them (soft_token)
};

// Keys and values in front of those of every layer (Li and Liang 2021).
struct PrefixParts {
  std::vector<int64_t> lengths = {20};  // one a replica
  int64_t encoder_width = 0;            // of the two dense layers, tanh between, that make them from a table while training; 0: there are none
};

// qkv: queries, keys and values as one matrix, as GPT-2 has it.
enum class TunedMatrix { q, k, v, qkv, attention_out, gate, up, down };
inline constexpr int64_t kTunedMatrices = 8;
std::string_view name_of(TunedMatrix matrix);  // "q", "k", "v", "qkv", "o", "gate", "up", "down"
// Throws base::Error with the names.
TunedMatrix tuned_matrix(std::string_view name);

// weight + alpha / rank * B A beside chosen matrices (Hu et al. 2021).
struct LoraParts {
  int64_t rank = 8;
  double scale = 2;  // alpha / rank
  std::vector<TunedMatrix> matrices = {TunedMatrix::q, TunedMatrix::v};
};

struct TunedParts {
  std::optional<SoftPromptParts> prompt;
  std::optional<PrefixParts> prefix;
  std::optional<LoraParts> lora;
  bool biases = false;   // of every dense layer and norm; new ones, zero at first, where the family has none (Ben Zaken et al. 2022)
  bool weights = false;  // all of them
  int64_t classes = 0;   // of a linear head on the last token's hidden state, in place of the unembedding
};

}  // namespace manabi::model
