// Cuts text into the pieces that BPE merges within: words, runs of digits, of punctuation, of white space.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "text/splitting/pattern.h"

namespace manabi::text {

// What becomes of a match when text is split at a pattern; the names are those of tokenizer.json.
enum class SplitBehaviour { removed, isolated, merged_with_previous, merged_with_next, contiguous };

struct SplitStep {
  Pattern pattern;
  SplitBehaviour behaviour = SplitBehaviour::isolated;
  bool invert = false;  // what lies between the matches counts as the match
};

// Puts `prefix` in front of every piece that does not start with it already.
struct PrefixStep {
  std::string prefix;
  bool first_only = false;  // only of the piece at the very start of the whole text
};

using PreTokenizerStep = std::variant<SplitStep, PrefixStep, ReplaceStep>;

// Views of the text, in order. Pieces that a step changed live in `owned`.
struct Pieces {
  std::vector<std::string_view> views;
  std::deque<std::string> owned;
};

class PreTokenizer {
 public:
  PreTokenizer() = default;
  explicit PreTokenizer(std::vector<PreTokenizerStep> steps) : steps_(std::move(steps)) {}

  // Each step works on the pieces of the one before. Without steps the text is one piece; an empty text has none. `starts_text` says that
  // nothing, not even an added token, stands before `text`.
  Pieces split(std::string_view text, bool starts_text = true) const;

  // The steps in words: equal for pre-tokenizers that cut alike.
  std::string description() const;

 private:
  std::vector<PreTokenizerStep> steps_;
};

// How GGUF files name a family of byte-level tokenizers (`tokenizer.ggml.pre`), and what else the name decides.
struct NamedPreTokenizer {
  PreTokenizer pre_tokenizer;
  bool ignore_merges = false;  // a piece that is a token is taken whole
  bool adds_bos = false;       // unless the file says otherwise
};

// Throws base::Error with the known names for an unknown one.
NamedPreTokenizer named_pre_tokenizer(const std::string& name, const std::string& where);
// The expressions at whose matches it splits, one after the other. Throws as above.
std::vector<std::string> regexes_of_pre_tokenizer(const std::string& name, const std::string& where);

// GPT-2's words, as a regular expression.
extern const char* const kGpt2Regex;

// A split that isolates every match.
SplitStep isolate(const std::string& regex, const std::string& where);

}  // namespace manabi::text
