// Tokenizers in Hugging Face's files: tokenizer.json, tokenizer.model, vocab.json with merges.txt (encoder.json with vocab.bpe).
//
// Whether a beginning token is added: `add_bos_token` in tokenizer_config.json where it stands; else what tokenizer.json's post-processor puts
// in front of a text; for a .model file, whether the model has a beginning token. transformers decides the same way for these classes.
#include <algorithm>
#include <limits>
#include <sstream>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/format/utf8.h"
#include "text/bpe/bpe_tokenizer.h"
#include "text/bpe/neighbours.h"
#include "text/open/open.h"
#include "text/open/tokenizer_json.h"
#include "text/sentencepiece/sentencepiece_tokenizer.h"
#include "text/utf8.h"

namespace manabi::text {
namespace {

namespace fs = std::filesystem;

constexpr const char* kGpt2Special = "<|endoftext|>";

// {"the": 1, ...} as spellings by id. Ids must be below the number of entries; BpeTokenizer names the holes.
std::vector<std::string> read_vocabulary(const JsonView& view, size_t added) {
  const auto members = view.members();
  std::vector<std::string> spellings;
  for (const auto& [spelling, id_view] : members) {
    const TokenId id = id_view.token_id();
    if (spelling.empty()) view.refuse("the empty text is a token", "tokens of at least one byte");
    if (static_cast<size_t>(id) >= members.size() + added)
      id_view.refuse("the id " + std::to_string(id),
                     "an id below " + std::to_string(members.size() + added) + ", so that the vocabulary has no hole");
    if (spellings.size() <= static_cast<size_t>(id)) spellings.resize(static_cast<size_t>(id) + 1);
    if (!spellings[id].empty())
      id_view.refuse(
          "the tokens " + base::in_quotes(spellings[id]) + " and " + base::in_quotes(spelling) + " have the same id " + std::to_string(id),
          "one token an id");
    spellings[id] = spelling;
  }
  return spellings;
}

// ["a b", ...] or [["a", "b"], ...]
std::vector<std::pair<std::string, std::string>> read_merges(const JsonView& view) {
  std::vector<std::pair<std::string, std::string>> merges;
  for (const JsonView& item : view.items()) {
    if (item.value().is_array()) {
      const std::vector<JsonView> parts = item.items();
      if (parts.size() != 2) item.refuse(std::to_string(parts.size()) + " parts", "two tokens");
      merges.emplace_back(parts[0].text(), parts[1].text());
    } else {
      const auto parts = merge_parts(item.text());
      if (!parts) item.refuse(base::in_quotes(item.text()), "two tokens with one space between them");
      merges.push_back(*parts);
    }
  }
  return merges;
}

void refuse_unless_empty(const JsonView& view) {
  const bool empty = view.is_null() || (view.value().is_string() && view.text().empty()) || (view.value().is_number() && view.value() == 0);
  if (!empty) view.refuse("this option of byte-pair encoding is not supported: " + view.value().dump(), "null");
}

std::optional<TokenId> id_of_spelling(const BpeParts& parts, const std::string& spelling) {
  if (spelling.empty()) return std::nullopt;
  const auto added = std::ranges::find(parts.added, spelling, &AddedToken::spelling);
  if (added != parts.added.end()) return added->id;
  const auto found = std::ranges::find(parts.spellings, spelling);
  if (found == parts.spellings.end()) return std::nullopt;
  return static_cast<TokenId>(found - parts.spellings.begin());
}

std::optional<TokenId> resolve(const BpeParts& parts, const EndToken& end) { return end.id ? end.id : id_of_spelling(parts, end.spelling); }

void add_missing(const std::vector<AddedToken>& more, std::vector<AddedToken>& added) {
  for (const AddedToken& token : more)
    if (std::ranges::find(added, token.id, &AddedToken::id) == added.end()) added.push_back(token);
}

void check_normalized(const BpeParts& parts) {
  const auto found = std::ranges::find(parts.added, true, &AddedToken::normalized);
  if (found == parts.added.end() || !parts.normalizer.rewrites()) return;
  throw base::Error(
      {.where = parts.where + ": $.added_tokens",
       .given = "the token " + base::in_quotes(found->spelling) + " is searched for in normalized text, and the normalizer rewrites it",
       .expected = "\"normalized\": false"});
}

void read_model(const JsonView& model, BpeParts& parts) {
  const std::string type = model.at("type").text(model.at("merges").is_null() ? "" : "BPE");
  if (type != "BPE") model.at("type").refuse("the model '" + type + "' is not supported", "BPE");
  for (const char* option : {"dropout", "continuing_subword_prefix", "end_of_word_suffix"}) refuse_unless_empty(model.at(option));
  parts.spellings = read_vocabulary(model.at("vocab"), parts.added.size());
  parts.merges = read_merges(model.at("merges"));
  parts.merges_name = model.at("merges").where();
  parts.ignore_merges = model.at("ignore_merges").flag(false);
  parts.byte_fallback = model.at("byte_fallback").flag(false);
  parts.fuse_unknown = model.at("fuse_unk").flag(false);
  const JsonView unknown = model.at("unk_token");
  parts.unknown = id_of_spelling(parts, unknown.text(""));
  if (!unknown.text("").empty() && !parts.unknown)
    unknown.refuse("the token " + base::in_quotes(unknown.text()) + " is not in the vocabulary", "a token");
}

// The beginning and the end token are special even where no list of added tokens says so, as in transformers.
void add_ends(const Neighbours& neighbours, BpeParts& parts) {
  for (const EndToken& end : {neighbours.bos, neighbours.eos}) {
    const std::optional<TokenId> id = id_of_spelling(parts, end.spelling);
    if (!id) continue;
    add_missing({{.id = *id, .spelling = end.spelling}}, parts.added);
    std::ranges::find(parts.added, *id, &AddedToken::id)->special = true;
  }
  parts.bos = resolve(parts, neighbours.bos);
  parts.eos = resolve(parts, neighbours.eos);
}

std::unique_ptr<Tokenizer> tokenizer_from(const base::Json& document, const std::string& where, const Neighbours& neighbours) {
  const JsonView root(document, where);
  JsonPreTokenizer pre_tokenizer = read_pre_tokenizer(root.at("pre_tokenizer"));
  const JsonDecoder decoder = read_decoder(root.at("decoder"));
  BpeParts parts{.where = where,
                 .symbols = pre_tokenizer.byte_level || decoder.byte_level ? Symbols::bytes : Symbols::characters,
                 .added = read_added_tokens(root.at("added_tokens")),
                 .normalizer = read_normalizer(root.at("normalizer")),
                 .pre_tokenizer = std::move(pre_tokenizer.pre_tokenizer),
                 .space_mark = decoder.space_mark};
  add_missing(neighbours.added, parts.added);
  read_model(root.at("model"), parts);
  check_normalized(parts);
  add_ends(neighbours, parts);
  const JsonView post_processor = root.at("post_processor");
  const std::string first = read_first_token(post_processor);
  if (!first.empty()) parts.bos = id_of_spelling(parts, first);
  if (!first.empty() && !parts.bos) post_processor.refuse("the token " + base::in_quotes(first) + " is not in the vocabulary", "a token");
  parts.adds_bos = neighbours.add_bos_token.value_or(!first.empty()) && parts.bos;
  return std::make_unique<BpeTokenizer>(std::move(parts));
}

// One merge a line; the first line may be a comment ("#version: 0.2").
void read_merge_lines(const std::string& path, BpeParts& parts) {
  const std::string text = base::read_text(path);
  require_utf8(text, path);
  std::istringstream lines(text);
  std::string line;
  for (int64_t number = 1; std::getline(lines, line); ++number) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty() || (number == 1 && line.starts_with("#version"))) continue;
    const auto merge = merge_parts(line);
    if (!merge)
      throw base::Error(
          {.where = path + ":" + std::to_string(number), .given = base::in_quotes(line), .expected = "two tokens with one space between them"});
    parts.merges.push_back(*merge);
    parts.merge_lines.push_back(number);
  }
  parts.merges_name = path;
}

// GPT-2's files name no special token; transformers takes its one, for both ends.
void name_gpt2_special(const BpeParts& parts, Neighbours& neighbours) {
  if (!id_of_spelling(parts, kGpt2Special)) return;
  for (EndToken* end : {&neighbours.bos, &neighbours.eos})
    if (!end->named) *end = {.spelling = kGpt2Special, .named = true};
}

}  // namespace

std::unique_ptr<Tokenizer> parse_tokenizer_json(std::string_view text, const std::string& where) {
  return tokenizer_from(base::parse_json(text, where), where, {});
}

std::unique_ptr<Tokenizer> open_tokenizer_json(const std::string& path) {
  return tokenizer_from(base::read_json(path), path, read_neighbours(fs::path(path).parent_path()));
}

std::unique_ptr<Tokenizer> open_vocabulary_and_merges(const std::string& vocabulary_path, const std::string& merges_path) {
  if (!fs::exists(merges_path))
    throw base::Error({.where = merges_path, .given = "there is no such file", .expected = "the merges that belong to " + vocabulary_path});
  Neighbours neighbours = read_neighbours(fs::path(vocabulary_path).parent_path());
  const base::Json vocabulary = base::read_json(vocabulary_path);
  std::vector<PreTokenizerStep> steps;
  if (neighbours.add_prefix_space) steps.emplace_back(PrefixStep{" "});
  steps.emplace_back(isolate(kGpt2Regex, vocabulary_path));
  BpeParts parts{.where = vocabulary_path,
                 .spellings = read_vocabulary(JsonView(vocabulary, vocabulary_path), neighbours.added.size()),
                 .added = neighbours.added,
                 .pre_tokenizer = PreTokenizer(std::move(steps))};
  read_merge_lines(merges_path, parts);
  name_gpt2_special(parts, neighbours);
  add_ends(neighbours, parts);
  parts.adds_bos = neighbours.add_bos_token.value_or(false) && parts.bos;
  return std::make_unique<BpeTokenizer>(std::move(parts));
}

std::unique_ptr<Tokenizer> open_sentencepiece(const std::string& path) {
  const Neighbours neighbours = read_neighbours(fs::path(path).parent_path());
  std::string model = base::read_text(path);
  const SentencePieceModelFacts facts = facts_of_model(model, path);
  std::vector<AddedToken> behind;
  std::ranges::copy_if(neighbours.added, std::back_inserter(behind), [&](const AddedToken& token) { return token.id >= facts.size; });
  std::ranges::sort(behind, {}, &AddedToken::id);
  return std::make_unique<SentencePieceTokenizer>(SentencePieceParts{.where = path,
                                                                     .model = std::move(model),
                                                                     .added = std::move(behind),
                                                                     .bos = facts.bos,
                                                                     .eos = facts.eos,
                                                                     .adds_bos = neighbours.add_bos_token.value_or(true) && facts.bos});
}

}  // namespace manabi::text
