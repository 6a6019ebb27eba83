#include "text/open/tokenizer_json.h"

#include <array>
#include <utility>

#include "text/splitting/pieces.h"

namespace manabi::text {
namespace {

constexpr const char* kDigits = R"(\p{N})";

[[noreturn]] void refuse_type(const JsonView& view, const std::string& known) {
  view.at("type").refuse("the type '" + view.at("type").text() + "' is not supported", known);
}

// {"String": "x"} or {"Regex": "x+"}
std::string read_regex(const JsonView& view) {
  const JsonView regex = view.at("Regex");
  return regex.is_null() ? Pattern::literally(view.at("String").text()) : regex.text();
}

Pattern read_pattern(const JsonView& view) { return Pattern(read_regex(view), view.where()); }

SplitBehaviour read_behaviour(const JsonView& view) {
  constexpr std::array kNames = {std::pair("Removed", SplitBehaviour::removed), std::pair("Isolated", SplitBehaviour::isolated),
                                 std::pair("MergedWithPrevious", SplitBehaviour::merged_with_previous),
                                 std::pair("MergedWithNext", SplitBehaviour::merged_with_next),
                                 std::pair("Contiguous", SplitBehaviour::contiguous)};
  for (const auto& [name, behaviour] : kNames)
    if (view.text() == name) return behaviour;
  view.refuse("the behaviour '" + view.text() + "' is not supported", "Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous");
}

void add_normalizer(const JsonView& view, std::vector<NormalizerStep>& steps) {
  const std::string& type = view.at("type").text();
  if (type == "Sequence") {
    for (const JsonView& item : view.at("normalizers").items()) add_normalizer(item, steps);
  } else if (type == "NFC") {
    steps.emplace_back(NfcStep{view.where()});
  } else if (type == "Prepend") {
    steps.emplace_back(PrependStep{view.at("prepend").text()});
  } else if (type == "Replace") {
    steps.emplace_back(ReplaceStep{read_pattern(view.at("pattern")), view.at("content").text()});
  } else {
    refuse_type(view, "NFC, Prepend, Replace or a Sequence of them");
  }
}

// Writes spaces as the mark, puts one in front, and cuts in front of each.
void add_metaspace(const JsonView& view, std::vector<PreTokenizerStep>& steps) {
  const std::string mark = view.at("replacement").text(std::string(kSpaceMark));
  const std::string scheme = view.at("prepend_scheme").text(view.at("add_prefix_space").flag(true) ? "always" : "never");
  if (scheme != "always" && scheme != "first" && scheme != "never")
    view.at("prepend_scheme").refuse("the scheme '" + scheme + "' is not supported", "always, first or never");
  steps.emplace_back(ReplaceStep{Pattern(" ", view.where()), mark});
  if (scheme != "never") steps.emplace_back(PrefixStep{mark, scheme == "first"});
  if (view.at("split").flag(true))
    steps.emplace_back(SplitStep{Pattern(Pattern::literally(mark), view.where()), SplitBehaviour::merged_with_next, false});
}

void add_byte_level(const JsonView& view, std::vector<PreTokenizerStep>& steps) {
  if (view.at("add_prefix_space").flag(true)) steps.emplace_back(PrefixStep{" "});
  if (view.at("use_regex").flag(true)) steps.emplace_back(isolate(kGpt2Regex, view.where()));
}

void add_pre_tokenizer(const JsonView& view, std::vector<PreTokenizerStep>& steps, bool& byte_level) {
  const std::string& type = view.at("type").text();
  if (byte_level) view.refuse("a step behind ByteLevel", "ByteLevel as the last step: what follows it would see bytes spelled as characters");
  if (type == "Sequence") {
    for (const JsonView& item : view.at("pretokenizers").items()) add_pre_tokenizer(item, steps, byte_level);
  } else if (type == "ByteLevel") {
    add_byte_level(view, steps);
    byte_level = true;
  } else if (type == "Split") {
    steps.emplace_back(SplitStep{read_pattern(view.at("pattern")), read_behaviour(view.at("behavior")), view.at("invert").flag(false)});
  } else if (type == "Digits") {
    const bool individual = view.at("individual_digits").flag(false);
    steps.emplace_back(isolate(individual ? kDigits : std::string(kDigits) + "+", view.where()));
  } else if (type == "Metaspace") {
    add_metaspace(view, steps);
  } else {
    refuse_type(view, "ByteLevel, Split, Digits, Metaspace or a Sequence of them");
  }
}

void add_decoder(const JsonView& view, JsonDecoder& decoder) {
  const std::string& type = view.at("type").text();
  if (type == "Sequence") {
    for (const JsonView& item : view.at("decoders").items()) add_decoder(item, decoder);
  } else if (type == "ByteLevel") {
    decoder.byte_level = true;
  } else if (type == "Metaspace") {
    decoder.space_mark = view.at("replacement").text(std::string(kSpaceMark));
  } else if (type == "Replace") {
    if (view.at("content").text() != " ") view.refuse("it does not put a space", "a Replace that turns the mark of a space into one");
    decoder.space_mark = view.at("pattern").at("String").text();
  } else if (type != "ByteFallback" && type != "Fuse" && type != "Strip") {
    // ByteFallback and Fuse say what joining bytes does anyway; Strip drops the space of the prefix, which `decode` keeps.
    refuse_type(view, "ByteLevel, Metaspace, Replace, ByteFallback, Fuse, Strip or a Sequence of them");
  }
}

// The special tokens of a template in front of the sequence A.
std::string first_of_template(const JsonView& view) {
  std::vector<std::string> before;
  for (const JsonView& item : view.at("single").items()) {
    if (!item.at("Sequence").is_null()) break;
    before.push_back(item.at("SpecialToken").at("id").text());
  }
  if (before.size() > 1) view.at("single").refuse("several tokens stand in front of the text", "at most one, the beginning token");
  return before.empty() ? "" : before.front();
}

}  // namespace

Normalizer read_normalizer(const JsonView& view) {
  std::vector<NormalizerStep> steps;
  if (!view.is_null()) add_normalizer(view, steps);
  return Normalizer(std::move(steps));
}

JsonPreTokenizer read_pre_tokenizer(const JsonView& view) {
  std::vector<PreTokenizerStep> steps;
  bool byte_level = false;
  if (!view.is_null()) add_pre_tokenizer(view, steps, byte_level);
  return {PreTokenizer(std::move(steps)), byte_level};
}

JsonDecoder read_decoder(const JsonView& view) {
  JsonDecoder decoder;
  if (!view.is_null()) add_decoder(view, decoder);
  return decoder;
}

std::string read_first_token(const JsonView& view) {
  if (view.is_null()) return "";
  const std::string& type = view.at("type").text();
  if (type == "ByteLevel") return "";
  if (type == "TemplateProcessing") return first_of_template(view);
  if (type != "Sequence") refuse_type(view, "ByteLevel, TemplateProcessing or a Sequence of them");
  std::string first;
  for (const JsonView& item : view.at("processors").items()) {
    const std::string token = read_first_token(item);
    if (!token.empty()) first = token;
  }
  return first;
}

std::vector<AddedToken> read_added_tokens(const JsonView& view) {
  std::vector<AddedToken> added;
  if (view.is_null()) return added;
  for (const JsonView& token : view.items())
    added.push_back({.id = token.at("id").token_id(),
                     .spelling = token.at("content").text(),
                     .special = token.at("special").flag(false),
                     .single_word = token.at("single_word").flag(false),
                     .lstrip = token.at("lstrip").flag(false),
                     .rstrip = token.at("rstrip").flag(false),
                     .normalized = token.at("normalized").flag(false)});
  return added;
}

}  // namespace manabi::text
