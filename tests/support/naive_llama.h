// A Llama written as plainly as possible, in double, one sequence at a time: what the engine's forward pass is compared with.
#pragma once

#include <cmath>
#include <functional>
#include <numbers>
#include <string>
#include <vector>

#include "model/sites/site.h"
#include "tests/support/tiny_llama.h"

namespace manabi::test {

using Vector = std::vector<double>;

inline Vector product(const TinyTensor& matrix, const Vector& input) {
  const auto rows = static_cast<size_t>(matrix.shape[0]);
  Vector output(rows, 0.0);
  for (size_t row = 0; row < rows; ++row) {
    for (size_t column = 0; column < input.size(); ++column) output[row] += matrix.values[row * input.size() + column] * input[column];
  }
  return output;
}

inline Vector normalised(const Vector& input, const TinyTensor& weight, double epsilon) {
  double squares = 0;
  for (const double value : input) squares += value * value;
  const double scale = 1 / std::sqrt(squares / static_cast<double>(input.size()) + epsilon);
  Vector output;
  for (size_t i = 0; i < input.size(); ++i) output.push_back(input[i] * scale * weight.values[i]);
  return output;
}

// The angle a pair turns by per position: theta^(-2i/E), stretched as the settings say (Llama 3.1: by wavelength).
inline double frequency(const model::RotationSettings& rotation, int64_t pair, int64_t head_width) {
  const double base = std::pow(rotation.theta, -2.0 * static_cast<double>(pair) / static_cast<double>(head_width));
  if (rotation.scaling == model::RotationSettings::Scaling::linear) return base / rotation.linear_factor;
  if (rotation.scaling == model::RotationSettings::Scaling::none) return base;
  const model::Llama3Scaling& scaling = rotation.llama3;
  const auto old_context = static_cast<double>(scaling.original_context);
  const double wavelength = 2 * std::numbers::pi / base;
  if (wavelength < old_context / scaling.high_frequency_factor) return base;
  if (wavelength > old_context / scaling.low_frequency_factor) return base / scaling.factor;
  const double smooth =
      (old_context / wavelength - scaling.low_frequency_factor) / (scaling.high_frequency_factor - scaling.low_frequency_factor);
  return (1 - smooth) * base / scaling.factor + smooth * base;
}

inline void rotate(Vector& heads, int64_t position, const model::LlamaConfiguration& configuration) {
  const auto width = static_cast<size_t>(configuration.head_width), half = width / 2;
  for (size_t head = 0; head < heads.size() / width; ++head) {
    for (size_t pair = 0; pair < half; ++pair) {
      const double angle =
          static_cast<double>(position) * frequency(configuration.rotation, static_cast<int64_t>(pair), configuration.head_width);
      double& first = heads[head * width + pair];
      double& second = heads[head * width + pair + half];
      const double turned = first * std::cos(angle) - second * std::sin(angle);
      second = second * std::cos(angle) + first * std::sin(angle);
      first = turned;
    }
  }
}

inline Vector softmax(Vector scores) {
  double highest = scores.front(), total = 0;
  for (const double score : scores) highest = std::max(highest, score);
  for (double& score : scores) total += score = std::exp(score - highest);
  for (double& score : scores) score /= total;
  return scores;
}

// Sees every vector of one position at a site, and may change it. A head's scores and pattern are one vector each, in the order of heads.
using NaiveWatch = std::function<void(const model::Site& site, size_t position, Vector& values)>;

// All heads' mixtures of the values so far, for the newest position.
inline Vector attend(const Vector& queries, const std::vector<Vector>& keys, const std::vector<Vector>& values,
                     const model::LlamaConfiguration& configuration, const std::function<void(model::SiteKind, Vector&)>& see) {
  const auto width = static_cast<size_t>(configuration.head_width);
  const auto shared = static_cast<size_t>(configuration.heads / configuration.kv_heads);
  Vector mixed(queries.size(), 0.0);
  for (size_t head = 0; head < queries.size() / width; ++head) {
    const size_t query_at = head * width, key_at = head / shared * width;
    Vector scores;
    for (const Vector& key : keys) {
      double score = 0;
      for (size_t i = 0; i < width; ++i) score += queries[query_at + i] * key[key_at + i];
      scores.push_back(score / std::sqrt(static_cast<double>(width)));
    }
    see(model::SiteKind::attn_scores, scores);
    Vector weights = softmax(scores);
    see(model::SiteKind::pattern, weights);
    for (size_t position = 0; position < values.size(); ++position) {
      for (size_t i = 0; i < width; ++i) mixed[query_at + i] += weights[position] * values[position][key_at + i];
    }
  }
  return mixed;
}

inline void add(Vector& sum, const Vector& update) {
  for (size_t i = 0; i < sum.size(); ++i) sum[i] += update[i];
}

// What each head writes, one after the other: its mixture times its columns of the matrix [D, H E].
inline Vector head_results(const TinyTensor& matrix, const Vector& mixed, size_t head_width) {
  const auto rows = static_cast<size_t>(matrix.shape[0]), columns = static_cast<size_t>(matrix.shape[1]);
  Vector results;
  for (size_t head = 0; head < columns / head_width; ++head) {
    for (size_t row = 0; row < rows; ++row) {
      double sum = 0;
      for (size_t i = head * head_width; i < (head + 1) * head_width; ++i) sum += matrix.values[row * columns + i] * mixed[i];
      results.push_back(sum);
    }
  }
  return results;
}

inline Vector sum_of_heads(const Vector& results, size_t width) {
  Vector sum(width, 0.0);
  for (size_t i = 0; i < results.size(); ++i) sum[i % width] += results[i];
  return sum;
}

// tokens -> logits of every position.
inline std::vector<Vector> naive_logits(
    const TinyLlama& tiny, const std::vector<int32_t>& tokens, const NaiveWatch& watch = [](const model::Site&, size_t, Vector&) {}) {
  using enum model::SiteKind;
  const model::LlamaConfiguration& configuration = tiny.configuration;
  const auto width = static_cast<size_t>(configuration.width), head_width = static_cast<size_t>(configuration.head_width);
  const TinyTensor& embedding = tiny.tensor("model.embed_tokens.weight");
  std::vector<std::vector<Vector>> keys(static_cast<size_t>(configuration.layers)), values = keys;
  std::vector<Vector> logits;
  for (size_t position = 0; position < tokens.size(); ++position) {
    const auto row = embedding.values.begin() + static_cast<int64_t>(width) * tokens[position];
    Vector hidden(row, row + static_cast<int64_t>(width));
    watch({embed}, position, hidden);
    for (size_t layer = 0; layer < keys.size(); ++layer) {
      const auto weight = [&](const std::string& name) -> const TinyTensor& {
        return tiny.tensor("model.layers." + std::to_string(layer) + "." + name + ".weight");
      };
      const auto see = [&](model::SiteKind kind, Vector& seen) { watch({kind, static_cast<int64_t>(layer)}, position, seen); };
      see(resid_pre, hidden);
      const Vector before = normalised(hidden, weight("input_layernorm"), configuration.norm_epsilon);
      Vector queries = product(weight("self_attn.q_proj"), before), key = product(weight("self_attn.k_proj"), before);
      Vector value = product(weight("self_attn.v_proj"), before);
      see(q, queries);
      see(k, key);
      see(v, value);
      rotate(queries, static_cast<int64_t>(position), configuration);
      rotate(key, static_cast<int64_t>(position), configuration);
      see(rot_q, queries);
      see(rot_k, key);
      keys[layer].push_back(key);
      values[layer].push_back(value);
      Vector mixed = attend(queries, keys[layer], values[layer], configuration, see);
      see(z, mixed);
      Vector results = head_results(weight("self_attn.o_proj"), mixed, head_width);
      see(result, results);
      Vector attended = sum_of_heads(results, width);
      see(attn_out, attended);
      add(hidden, attended);
      see(resid_mid, hidden);

      const Vector middle = normalised(hidden, weight("post_attention_layernorm"), configuration.norm_epsilon);
      Vector gate = product(weight("mlp.gate_proj"), middle), up = product(weight("mlp.up_proj"), middle);
      see(mlp_pre, gate);
      see(mlp_pre_linear, up);
      for (size_t i = 0; i < gate.size(); ++i) gate[i] = gate[i] / (1 + std::exp(-gate[i])) * up[i];
      see(mlp_post, gate);
      Vector down = product(weight("mlp.down_proj"), gate);
      see(mlp_out, down);
      add(hidden, down);
      see(resid_post, hidden);
    }
    Vector last = normalised(hidden, tiny.tensor("model.norm.weight"), configuration.norm_epsilon);
    watch({normalized}, position, last);
    logits.push_back(product(configuration.is_tied ? embedding : tiny.tensor("lm_head.weight"), last));
  }
  return logits;
}

}  // namespace manabi::test
