// The ways to tune that are compared with each other: which parts, from which first values, by which optimiser.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "learn/tuning/run/tuning.h"
#include "model/checkpoint.h"

namespace manabi::learn {

enum class TuningMethod { prompt_tuning, prefix_tuning, p_tuning, p_tuning_v2, lora, bitfit, full };
std::vector<std::string> tuning_method_names();
std::string name_of(TuningMethod method);                   // "prompt-tuning", ...
TuningMethod parse_tuning_method(const std::string& name);  // throws base::Error with the nearest

// Where the rows of a prompt or prefix begin. random: by chance, of the embeddings' own deviation (a prefix: of real keys' and values').
// vocabulary: tokens of the lowest ids. text: those of a given text, repeated. labels: a row for each label (the mean of its tokens), the rest
// from the vocabulary (Lester et al. 2021).
enum class FirstRows { random, vocabulary, text, labels };
FirstRows parse_first_rows(const std::string& name);

struct MethodOptions {
  TuningMethod method = TuningMethod::prompt_tuning;
  std::vector<int64_t> lengths = {20};  // positions of a prompt or prefix, one a replica
  FirstRows first_rows = FirstRows::labels;
  std::string text;           // for FirstRows::text
  std::string encoder;        // of P-tuning: "mlp" or "lstm"; of a prefix: "mlp" or ""
  int64_t encoder_width = 0;  // 0: as wide as what it makes
  std::string soft_template;  // P-tuning: "{soft:3}{prompt}{soft:3}"; "" = in front
  int64_t rank = 8;
  double alpha = 16;
  std::vector<std::string> matrices;  // of LoRA; none: queries and values
  int64_t classes = 0;                // of P-tuning v2's head

  // As the papers' authors use it, scaled to models of this kind; see docs/tuning.md.
  double usual_lr() const;
  model::TunedParts parts(const model::FrozenNetwork& network) const;
};

// The first values that come from the model's own words, for Tuning. Reads the model at once and keeps no reference to it. `labels` as they
// follow a prompt; one seed a replica.
Tuning::SetFirstValues first_values(const MethodOptions& options, const model::FrozenNetwork& network, const model::Checkpoint& checkpoint,
                                    const std::vector<std::string>& labels, const std::vector<uint64_t>& seeds);

// Text with "{prompt}" once and "{soft:N}" anywhere: what stands around a task's text.
struct SoftTemplate {
  struct Part {
    enum class Kind { soft, text, prompt } kind = Kind::text;
    int64_t count = 0;            // of soft rows
    std::vector<TokenId> tokens;  // of text
  };
  std::vector<Part> parts;

  // Throws base::Error for braces that mean nothing, no or several {prompt}, no {soft:N}.
  SoftTemplate(const std::string& text, const text::Tokenizer& tokenizer);
  int64_t rows() const;
  // The prompt's tokens with rows and text around them.
  std::vector<TokenId> around(std::span<const TokenId> prompt) const;
};

}  // namespace manabi::learn
