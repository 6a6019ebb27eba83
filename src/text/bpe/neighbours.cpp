#include "text/bpe/neighbours.h"

#include <algorithm>
#include <charconv>

#include "text/open/json_view.h"

namespace manabi::text {
namespace {

namespace fs = std::filesystem;

// "bos_token": "<s>", {"content": "<s>", ...} or null.
void read_spelling(const JsonView& view, const std::string& key, EndToken& end) {
  if (end.named || !view.value().contains(key)) return;
  const JsonView token = view.at(key);
  end.named = true;
  if (!token.is_null()) end.spelling = token.value().is_object() ? token.at("content").text() : token.text();
}

// "bos_token_id": 1, [1, 2] (the first counts) or null.
void read_id(const JsonView& view, const std::string& key, EndToken& end) {
  if (end.named) return;
  const JsonView id = view.at(key);
  if (id.is_null()) return;
  const std::vector<JsonView> several = id.value().is_array() ? id.items() : std::vector<JsonView>{id};
  if (several.empty()) return;
  end.named = true;
  end.id = several.front().token_id();
}

TokenId id_of_key(const std::string& key, const JsonView& view) {
  TokenId id = 0;
  const auto [stop, error] = std::from_chars(key.data(), key.data() + key.size(), id);
  if (error != std::errc() || stop != key.data() + key.size()) view.refuse("the key '" + key + "'", "a token's id");
  return id;
}

void add_unless_known(AddedToken token, std::vector<AddedToken>& added) {
  const bool known = std::ranges::find(added, token.id, &AddedToken::id) != added.end();
  if (!known) added.push_back(std::move(token));
}

// {"32000": {"content": "<pad>", "special": true, ...}}
void read_decoder(const JsonView& decoder, std::vector<AddedToken>& added) {
  if (decoder.is_null()) return;
  for (const auto& [key, token] : decoder.members())
    add_unless_known({.id = id_of_key(key, decoder),
                      .spelling = token.at("content").text(),
                      .special = token.at("special").flag(false),
                      .single_word = token.at("single_word").flag(false),
                      .lstrip = token.at("lstrip").flag(false),
                      .rstrip = token.at("rstrip").flag(false),
                      .normalized = token.at("normalized").flag(false)},
                     added);
}

// {"<pad>": 32000}
void read_added(const JsonView& file, std::vector<AddedToken>& added) {
  for (const auto& [spelling, id] : file.members()) add_unless_known({.id = id.token_id(), .spelling = spelling}, added);
}

}  // namespace

Neighbours read_neighbours(const fs::path& folder) {
  Neighbours neighbours;
  const auto with = [&](const char* name, const auto& use) {
    const std::string path = (folder / name).string();
    if (!fs::exists(path)) return;
    const base::Json document = base::read_json(path);
    use(JsonView(document, path));
  };
  with("tokenizer_config.json", [&](const JsonView& view) {
    read_spelling(view, "bos_token", neighbours.bos);
    read_spelling(view, "eos_token", neighbours.eos);
    read_decoder(view.at("added_tokens_decoder"), neighbours.added);
    if (!view.at("add_bos_token").is_null()) neighbours.add_bos_token = view.at("add_bos_token").flag(false);
    neighbours.add_prefix_space = view.at("add_prefix_space").flag(false);
  });
  with("added_tokens.json", [&](const JsonView& view) { read_added(view, neighbours.added); });
  with("special_tokens_map.json", [&](const JsonView& view) {
    read_spelling(view, "bos_token", neighbours.bos);
    read_spelling(view, "eos_token", neighbours.eos);
  });
  with("config.json", [&](const JsonView& view) {
    read_id(view, "bos_token_id", neighbours.bos);
    read_id(view, "eos_token_id", neighbours.eos);
  });
  return neighbours;
}

}  // namespace manabi::text
