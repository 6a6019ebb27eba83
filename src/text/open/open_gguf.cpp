// Tokenizers inside GGUF files: the keys under "tokenizer.ggml".
//
// Whether a beginning token is added: tokenizer.ggml.add_bos_token says so; without it SentencePiece models add one and byte-pair models do
// when their family does (llama.cpp decides the same way).
#include <algorithm>
#include <array>
#include <unordered_map>

#include "base/error.h"
#include "base/format/json.h"
#include "base/format/utf8.h"
#include "text/bpe/bpe_tokenizer.h"
#include "text/open/bpe_json.h"
#include "text/open/open.h"
#include "text/sentencepiece/sentencepiece_model.h"
#include "text/sentencepiece/sentencepiece_tokenizer.h"
#include "text/splitting/pieces.h"

namespace manabi::text {
namespace {

constexpr const char* kModel = "tokenizer.ggml.model";
constexpr const char* kTokens = "tokenizer.ggml.tokens";
constexpr const char* kTypes = "tokenizer.ggml.token_type";
constexpr const char* kScores = "tokenizer.ggml.scores";
constexpr const char* kMerges = "tokenizer.ggml.merges";
constexpr const char* kPre = "tokenizer.ggml.pre";
constexpr const char* kBos = "tokenizer.ggml.bos_token_id";
constexpr const char* kEos = "tokenizer.ggml.eos_token_id";
constexpr const char* kUnknown = "tokenizer.ggml.unknown_token_id";
constexpr const char* kAddBos = "tokenizer.ggml.add_bos_token";
constexpr const char* kAddSpacePrefix = "tokenizer.ggml.add_space_prefix";
constexpr const char* kRemoveExtraWhitespaces = "tokenizer.ggml.remove_extra_whitespaces";

std::string key_of(const base::GgufFile& file, const std::string& key) { return file.path() + ": " + key; }

void check_count(const base::GgufFile& file, const char* key, size_t count, size_t tokens) {
  if (count == tokens) return;
  throw base::Error(
      {.where = key_of(file, key), .given = std::to_string(count) + " entries", .expected = std::to_string(tokens) + ", one for each token"});
}

// A token without a type is a normal one.
std::vector<PieceType> types_of(const base::GgufFile& file, size_t tokens) {
  std::vector<PieceType> types(tokens, PieceType::normal);
  if (!file.has(kTypes)) return types;
  const std::vector<int64_t> numbers = file.integers(kTypes);
  check_count(file, kTypes, numbers.size(), tokens);
  for (size_t id = 0; id < tokens; ++id) {
    if (numbers[id] < static_cast<int>(PieceType::normal) || numbers[id] > static_cast<int>(PieceType::byte))
      throw base::Error({.where = key_of(file, kTypes),
                         .given = "token " + std::to_string(id) + " has the type " + std::to_string(numbers[id]),
                         .expected = "1 (normal), 2 (unknown), 3 (control), 4 (user-defined), 5 (unused) or 6 (byte)"});
    types[id] = static_cast<PieceType>(numbers[id]);
  }
  return types;
}

std::optional<TokenId> token_at(const base::GgufFile& file, const char* key, size_t tokens) {
  if (!file.has(key)) return std::nullopt;
  const int64_t id = file.integer(key);
  require_id(static_cast<TokenId>(std::clamp<int64_t>(id, -1, static_cast<int64_t>(tokens))), static_cast<int64_t>(tokens), key_of(file, key));
  return static_cast<TokenId>(id);
}

bool adds_bos(const base::GgufFile& file, bool family_does, std::optional<TokenId> bos) {
  if (!file.has(kAddBos)) return family_does && bos;
  const bool adds = file.flag(kAddBos, false);
  if (adds && !bos)
    throw base::Error(
        {.where = key_of(file, kAddBos), .given = "true, but the file names no beginning token", .expected = std::string("the key ") + kBos});
  return adds;
}

// Old files name no family; those of GPT-2's own architectures all cut as GPT-2 does. For the rest llama.cpp's default remains.
std::string family_of(const base::GgufFile& file) {
  constexpr std::array kLikeGpt2 = {"gpt2", "gptneox", "mpt", "phi2"};
  const std::string architecture = file.text("general.architecture", "");
  return file.text(kPre, std::ranges::find(kLikeGpt2, architecture) != kLikeGpt2.end() ? "gpt-2" : "default");
}

std::vector<AddedToken> added_tokens_of(const std::vector<std::string>& tokens, const std::vector<PieceType>& types) {
  std::vector<AddedToken> added;
  for (size_t id = 0; id < tokens.size(); ++id) {
    const bool special = types[id] == PieceType::control || types[id] == PieceType::unknown;
    if (!special && types[id] != PieceType::user_defined) continue;
    added.push_back({.id = static_cast<TokenId>(id), .spelling = tokens[id], .special = special});
  }
  return added;
}

std::vector<std::pair<std::string, std::string>> merges_of(const base::GgufFile& file) {
  std::vector<std::pair<std::string, std::string>> merges;
  for (const std::string& merge : file.texts(kMerges)) {
    const std::optional<std::pair<std::string, std::string>> pair = merge_parts(merge);
    if (!pair)
      throw base::Error({.where = key_of(file, kMerges) + "[" + std::to_string(merges.size()) + "]",
                         .given = base::in_quotes(merge),
                         .expected = "two tokens with one space between them"});
    merges.push_back(*pair);
  }
  return merges;
}

std::unique_ptr<Tokenizer> open_byte_pairs(const base::GgufFile& file) {
  const std::vector<std::string>& tokens = file.texts(kTokens);
  NamedPreTokenizer family = named_pre_tokenizer(family_of(file), key_of(file, kPre));
  const std::optional<TokenId> bos = token_at(file, kBos, tokens.size());
  return std::make_unique<BpeTokenizer>(BpeParts{.where = file.path(),
                                                 .symbols = Symbols::bytes,
                                                 .spellings = tokens,
                                                 .merges = merges_of(file),
                                                 .merges_name = key_of(file, kMerges),
                                                 .added = added_tokens_of(tokens, types_of(file, tokens.size())),
                                                 .pre_tokenizer = std::move(family.pre_tokenizer),
                                                 .ignore_merges = family.ignore_merges,
                                                 .bos = bos,
                                                 .eos = token_at(file, kEos, tokens.size()),
                                                 .adds_bos = adds_bos(file, family.adds_bos, bos)});
}

void check_unique(const base::GgufFile& file, const std::vector<std::string>& tokens) {
  std::unordered_map<std::string_view, size_t> ids;
  for (size_t id = 0; id < tokens.size(); ++id) {
    const auto [known, is_new] = ids.emplace(tokens[id], id);
    if (!is_new)
      throw base::Error(
          {.where = key_of(file, kTokens),
           .given = "the token " + base::in_quotes(tokens[id]) + " has two ids, " + std::to_string(known->second) + " and " + std::to_string(id),
           .expected = "one id a token"});
  }
}

SentencePieceVocabulary vocabulary_of(const base::GgufFile& file, std::optional<TokenId> unknown) {
  const std::vector<std::string>& tokens = file.texts(kTokens);
  const std::vector<PieceType> types = types_of(file, tokens.size());
  const std::vector<double> scores = file.numbers(kScores);
  check_count(file, kScores, scores.size(), tokens.size());
  check_unique(file, tokens);
  SentencePieceVocabulary vocabulary{.add_dummy_prefix = file.flag(kAddSpacePrefix, true),
                                     .remove_extra_whitespaces = file.flag(kRemoveExtraWhitespaces, false)};
  for (size_t id = 0; id < tokens.size(); ++id)
    vocabulary.pieces.push_back({.text = with_space_marks(tokens[id]), .score = static_cast<float>(scores[id]), .type = types[id]});
  // Some files mark the unknown token as an ordinary or a control token.
  if (unknown && std::ranges::find(types, PieceType::unknown) == types.end()) vocabulary.pieces[*unknown].type = PieceType::unknown;
  return vocabulary;
}

std::unique_ptr<Tokenizer> open_sentencepiece_keys(const base::GgufFile& file) {
  const size_t tokens = file.texts(kTokens).size();
  const std::optional<TokenId> bos = token_at(file, kBos, tokens);
  return std::make_unique<SentencePieceTokenizer>(SentencePieceParts{.where = file.path(),
                                                                     .model = serialized(vocabulary_of(file, token_at(file, kUnknown, tokens))),
                                                                     .bos = bos,
                                                                     .eos = token_at(file, kEos, tokens),
                                                                     .adds_bos = adds_bos(file, true, bos)});
}

}  // namespace

TokenizerFiles tokenizer_files_of(const base::GgufFile& file) {
  if (const std::string model = file.text(kModel, ""); model != "gpt2")
    throw base::Error({.where = key_of(file, kModel),
                       .given = "the tokenizer model '" + model + "'",
                       .expected = "gpt2: only byte pairs can be written as tokenizer.json",
                       .hint = "name a tokenizer folder with --tokenizer"});
  const std::vector<std::string>& tokens = file.texts(kTokens);
  const NamedPreTokenizer family = named_pre_tokenizer(family_of(file), key_of(file, kPre));
  base::Json splits = base::Json::array();
  for (const std::string& regex : regexes_of_pre_tokenizer(family_of(file), key_of(file, kPre)))
    splits.push_back({{"type", "Split"}, {"pattern", {{"Regex", regex}}}, {"behavior", "Isolated"}, {"invert", false}});
  const base::Json bytes = {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", false}};
  splits.push_back(bytes);
  base::Json vocabulary = base::Json::object(), merges = base::Json::array(), added = base::Json::array();
  for (size_t id = 0; id < tokens.size(); ++id) vocabulary[tokens[id]] = id;
  for (const auto& [left, right] : merges_of(file)) merges.push_back({left, right});
  for (const AddedToken& token : added_tokens_of(tokens, types_of(file, tokens.size())))
    added.push_back({{"id", token.id},
                     {"content", token.spelling},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false},
                     {"special", token.special}});
  const base::Json json = {
      {"version", "1.0"},          {"truncation", nullptr}, {"padding", nullptr},
      {"added_tokens", added},     {"normalizer", nullptr}, {"pre_tokenizer", {{"type", "Sequence"}, {"pretokenizers", splits}}},
      {"post_processor", nullptr}, {"decoder", bytes},      {"model", bpe_model_json(vocabulary, merges, family.ignore_merges)}};
  const std::optional<TokenId> bos = token_at(file, kBos, tokens.size()), eos = token_at(file, kEos, tokens.size());
  base::Json config = {{"tokenizer_class", "PreTrainedTokenizerFast"}, {"add_bos_token", adds_bos(file, family.adds_bos, bos)}};
  if (bos) config["bos_token"] = tokens[static_cast<size_t>(*bos)];
  if (eos) config["eos_token"] = tokens[static_cast<size_t>(*eos)];
  return {.tokenizer_json = json.dump(), .tokenizer_config_json = config.dump(2) + "\n"};
}

std::unique_ptr<Tokenizer> open_tokenizer(const base::GgufFile& file) {
  if (!file.has(kModel))
    throw base::Error({.where = file.path(),
                       .given = "the file holds no tokenizer",
                       .expected = std::string("the key ") + kModel,
                       .hint = "files of adapters and vision parts have none: name the language model's file"});
  const std::string model = file.text(kModel);
  if (model == "gpt2") return open_byte_pairs(file);
  if (model == "llama") return open_sentencepiece_keys(file);
  throw base::Error({.where = key_of(file, kModel),
                     .given = "the tokenizer model '" + model + "' is not supported",
                     .expected = "gpt2 (byte-level byte pairs) or llama (SentencePiece byte pairs)"});
}

}  // namespace manabi::text
