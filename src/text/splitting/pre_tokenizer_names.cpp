#include <algorithm>
#include <array>

#include "base/error.h"
#include "text/splitting/pre_tokenizer.h"

namespace manabi::text {

// GPT-2: contractions, words, numbers and punctuation with one space in front, white space up to the last character of its run.
const char* const kGpt2Regex = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

namespace {

constexpr const char* kDigitRegex = R"(\p{N})";

// Llama 3: contractions in either case, any one character before a word, numbers of up to three digits, line ends kept together.
constexpr const char* kLlama3Regex =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

// Qwen 2: the same with single digits.
constexpr const char* kQwen2Regex =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

enum class Family { gpt2, digits_gpt2, llama3, qwen2, none_named };

struct Name {
  const char* name;
  Family family;
  bool ignore_merges = false;
  bool adds_bos = false;
};

constexpr std::array kNames = {
    Name{"default", Family::none_named},
    Name{"gpt-2", Family::gpt2},
    Name{"phi-2", Family::gpt2},
    Name{"mpt", Family::gpt2},
    Name{"olmo", Family::gpt2},
    Name{"jais", Family::gpt2},
    Name{"exaone4", Family::gpt2},
    Name{"trillion", Family::gpt2},
    Name{"granite-docling", Family::gpt2},
    Name{"gigachat", Family::gpt2},
    Name{"mellum", Family::gpt2},
    Name{"modern-bert", Family::gpt2},
    Name{"smollm", Family::digits_gpt2},
    Name{"starcoder", Family::digits_gpt2},
    Name{"refact", Family::digits_gpt2},
    Name{"command-r", Family::digits_gpt2},
    Name{"codeshell", Family::digits_gpt2},
    Name{"exaone", Family::digits_gpt2},
    Name{"minerva-7b", Family::digits_gpt2},
    Name{"llama-bpe", Family::llama3, true, true},
    Name{"llama3", Family::llama3, true, true},
    Name{"llama-v3", Family::llama3, true, true},
    Name{"falcon3", Family::llama3, true, true},
    Name{"pixtral", Family::llama3, true, true},
    Name{"dbrx", Family::llama3},
    Name{"smaug-bpe", Family::llama3},
    Name{"qwen2", Family::qwen2},
    Name{"deepseek-r1-qwen", Family::qwen2},
    Name{"megrez", Family::qwen2},
    Name{"stablelm2", Family::qwen2},
    Name{"hunyuan", Family::qwen2},
};

std::vector<const char*> regexes_of(Family family) {
  switch (family) {
    case Family::gpt2:
      return {kGpt2Regex};
    case Family::digits_gpt2:
      return {kDigitRegex, kGpt2Regex};
    case Family::llama3:
      return {kLlama3Regex};
    case Family::qwen2:
      return {kQwen2Regex};
    case Family::none_named:
      break;
  }
  // What llama.cpp does for a file without a family: punctuation first, then GPT-2's words, numbers in threes.
  return {R"([\p{P}$+<=>^~|]+)", kGpt2Regex, R"(\p{N}+)", "[0-9][0-9][0-9]"};
}

const Name& find_name(const std::string& name, const std::string& where) {
  const auto* entry = std::ranges::find(kNames, name, &Name::name);
  if (entry != kNames.end()) return *entry;
  std::vector<std::string> known;
  for (const Name& one : kNames) known.emplace_back(one.name);
  throw base::Error({.where = where, .given = "unknown pre-tokenizer '" + name + "'", .hint = base::nearest_hint(name, known)});
}

}  // namespace

NamedPreTokenizer named_pre_tokenizer(const std::string& name, const std::string& where) {
  const Name& entry = find_name(name, where);
  std::vector<PreTokenizerStep> steps;
  for (const char* regex : regexes_of(entry.family)) steps.emplace_back(isolate(regex, where));
  return {PreTokenizer(std::move(steps)), entry.ignore_merges, entry.adds_bos};
}

std::vector<std::string> regexes_of_pre_tokenizer(const std::string& name, const std::string& where) {
  const std::vector<const char*> regexes = regexes_of(find_name(name, where).family);
  return {regexes.begin(), regexes.end()};
}

}  // namespace manabi::text
