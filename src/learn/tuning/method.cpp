#include "learn/tuning/method.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "base/error.h"
#include "text/template.h"

namespace manabi::learn {
namespace {

using model::PromptEncoder;
using model::TunedMatrix;

constexpr std::array<const char*, 7> kNames = {"prompt-tuning", "prefix-tuning", "p-tuning", "p-tuning-v2", "lora", "bitfit", "full"};
constexpr std::array<const char*, 4> kFirstRows = {"random", "vocabulary", "text", "labels"};

template <size_t N>
size_t place_of(const std::string& name, const std::array<const char*, N>& names, const char* what) {
  const auto found = std::ranges::find(names, name);
  if (found != names.end()) return static_cast<size_t>(found - names.begin());
  const std::vector<std::string> all(names.begin(), names.end());
  throw base::Error({.given = fmt::format("the {} '{}'", what, name), .expected = "a known one", .hint = base::nearest_hint(name, all)});
}

PromptEncoder encoder_named(const std::string& name) {
  if (name.empty()) return PromptEncoder::none;
  if (name == "mlp") return PromptEncoder::mlp;
  if (name == "lstm") return PromptEncoder::lstm;
  throw base::Error({.where = "--encoder", .given = "'" + name + "'", .expected = "mlp or lstm"});
}

std::vector<TunedMatrix> matrices_of(const MethodOptions& options, const model::FrozenNetwork& network) {
  if (options.matrices.empty())
    return network.shape.mlp == model::Mlp::gated ? std::vector{TunedMatrix::q, TunedMatrix::v} : std::vector{TunedMatrix::qkv};
  std::vector<TunedMatrix> matrices;
  for (const std::string& name : options.matrices) matrices.push_back(model::tuned_matrix(name));
  return matrices;
}

}  // namespace

std::vector<std::string> tuning_method_names() { return {kNames.begin(), kNames.end()}; }
std::string name_of(TuningMethod method) { return kNames[static_cast<size_t>(method)]; }
TuningMethod parse_tuning_method(const std::string& name) { return static_cast<TuningMethod>(place_of(name, kNames, "method")); }
FirstRows parse_first_rows(const std::string& name) { return static_cast<FirstRows>(place_of(name, kFirstRows, "beginning")); }

double MethodOptions::usual_lr() const {
  switch (method) {
    case TuningMethod::prompt_tuning:
      return 3e-2;
    case TuningMethod::p_tuning:
      return 1e-3;
    case TuningMethod::prefix_tuning:
    case TuningMethod::p_tuning_v2:
      return 1e-2;
    case TuningMethod::lora:
      return 2e-3;
    case TuningMethod::bitfit:
      return 1e-3;
    case TuningMethod::full:
      return 3e-5;
  }
  return 0;
}

model::TunedParts MethodOptions::parts(const model::FrozenNetwork& network) const {
  model::TunedParts parts;
  switch (method) {
    case TuningMethod::prompt_tuning:
      parts.prompt = model::SoftPromptParts{.lengths = lengths};
      break;
    case TuningMethod::p_tuning:
      parts.prompt = model::SoftPromptParts{.lengths = lengths,
                                            .encoder = encoder_named(encoder.empty() ? "lstm" : encoder),
                                            .encoder_width = encoder_width,
                                            .stands_in_front = soft_template.empty()};
      break;
    case TuningMethod::prefix_tuning:
      parts.prefix = model::PrefixParts{.lengths = lengths,
                                        .encoder_width = encoder.empty()     ? 0
                                                         : encoder_width > 0 ? encoder_width
                                                                             : network.shape.width};
      break;
    case TuningMethod::p_tuning_v2:
      parts.prefix = model::PrefixParts{.lengths = lengths};
      parts.classes = classes;
      break;
    case TuningMethod::lora:
      parts.lora = model::LoraParts{.rank = rank, .scale = alpha / static_cast<double>(rank), .matrices = matrices_of(*this, network)};
      break;
    case TuningMethod::bitfit:
      parts.biases = true;
      break;
    case TuningMethod::full:
      parts.biases = false;
      parts.weights = true;
      break;
  }
  return parts;
}

SoftTemplate::SoftTemplate(const std::string& text, const text::Tokenizer& tokenizer) {
  const text::Template source(text, "--template");
  int64_t prompts = 0;
  for (const text::Template::Piece& piece : source.pieces()) {
    if (!piece.literal.empty()) parts.push_back({.kind = Part::Kind::text, .tokens = tokenizer.encode(piece.literal)});
    if (piece.field.empty()) continue;
    if (piece.field == "prompt") {
      parts.push_back({.kind = Part::Kind::prompt});
      ++prompts;
    } else if (piece.field.starts_with("soft:") && std::atoll(piece.field.c_str() + 5) > 0) {
      parts.push_back({.kind = Part::Kind::soft, .count = std::atoll(piece.field.c_str() + 5)});
    } else {
      throw base::Error({.where = "--template", .given = "{" + piece.field + "}", .expected = "{prompt} or {soft:N}, N rows of the prompt"});
    }
  }
  if (prompts != 1 || rows() == 0)
    throw base::Error({.where = "--template", .given = "'" + text + "'", .expected = "{prompt} once, and at least one {soft:N}"});
}

int64_t SoftTemplate::rows() const {
  return std::accumulate(parts.begin(), parts.end(), int64_t{0}, [](int64_t sum, const Part& part) { return sum + part.count; });
}

std::vector<TokenId> SoftTemplate::around(std::span<const TokenId> prompt) const {
  std::vector<TokenId> tokens;
  int64_t soft = 0;
  for (const Part& part : parts) {
    for (int64_t i = 0; i < part.count; ++i) tokens.push_back(model::soft_token(soft++));
    tokens.insert(tokens.end(), part.tokens.begin(), part.tokens.end());
    if (part.kind == Part::Kind::prompt) tokens.insert(tokens.end(), prompt.begin(), prompt.end());
  }
  return tokens;
}

}  // namespace manabi::learn
