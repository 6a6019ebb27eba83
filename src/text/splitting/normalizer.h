// What happens to ordinary text before it is cut: the normalizers of tokenizer.json that byte-pair tokenizers use.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "text/splitting/pattern.h"

namespace manabi::text {

// Canonical composition. Text that is composed already passes; other text is refused with its offset, because Manabi cannot compose.
struct NfcStep {
  std::string where;
};

// Puts `prefix` in front of a text that is not empty.
struct PrependStep {
  std::string prefix;
};

using NormalizerStep = std::variant<NfcStep, PrependStep, ReplaceStep>;

class Normalizer {
 public:
  Normalizer() = default;
  explicit Normalizer(std::vector<NormalizerStep> steps) : steps_(std::move(steps)) {}

  std::string normalize(std::string_view text) const;
  bool changes_nothing() const { return steps_.empty(); }

  // Whether a step may change the spelling of plain text (NFC leaves what it accepts as it is).
  bool rewrites() const;

  std::string description() const;

 private:
  std::vector<NormalizerStep> steps_;
};

// Whether Unicode guarantees that `text` is in normalization form C by looking at its characters one by one; `offset` receives the byte
// offset of the first character that leaves it open.
bool is_surely_nfc(std::string_view text, size_t* offset);

}  // namespace manabi::text
