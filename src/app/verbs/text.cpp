// `manabi tokenize` and `manabi generate`: one text in, seen token by token.
#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "app/command_line.h"
#include "app/model_options.h"
#include "app/verbs.h"
#include "base/error.h"
#include "base/format/json.h"
#include "base/format/printable.h"
#include "learn/generation/generate.h"
#include "model/catalogue.h"
#include "text/tokenizer.h"

namespace manabi::app {
namespace {

std::string hex_of(std::string_view bytes) {
  std::string hex;
  for (unsigned char byte : bytes) hex += fmt::format("{}{:02x}", hex.empty() ? "" : " ", byte);
  return hex;
}

}  // namespace

int tokenize_verb(Words words, Session& session) {
  std::string text, model = "smollm2", tokenizer_path;
  bool is_literal = false, json = false;
  CommandLine line{.verb = "tokenize", .summary = "Shows every token of a text with its id and bytes."};
  line.positionals = {{.name = "TEXT", .help = "the text", .target = &text}};
  line.options.add({.name = "model", .help = "whose tokenizer: a path or a short name of `manabi list models`", .target = &model});
  line.options.add({.name = "tokenizer", .help = "a tokenizer file or folder instead", .target = &tokenizer_path});
  line.options.add({.name = "literal", .help = "spell special tokens out instead of reading them as such", .target = &is_literal});
  line.options.add({.name = "json", .help = "one JSON object", .target = &json});
  if (!parse(line, words, session.out)) return 0;

  const auto tokenizer = text::open_tokenizer(tokenizer_path.empty() ? model::fetch_model(model, session.watch) : tokenizer_path);
  std::vector<text::TokenId> ids = tokenizer->encode(text, is_literal ? text::Specials::literal : text::Specials::parse);
  if (tokenizer->adds_bos() && tokenizer->bos()) ids.insert(ids.begin(), *tokenizer->bos());
  if (json) {
    base::Json tokens = base::Json::array();
    for (text::TokenId id : ids) {
      const std::string bytes = tokenizer->bytes_of(id);
      tokens.push_back({{"id", id}, {"text", base::printable(bytes)}, {"bytes", hex_of(bytes)}, {"special", tokenizer->is_special(id)}});
    }
    session.out << base::Json{{"tokens", tokens}, {"adds_bos", tokenizer->adds_bos()}}.dump() << "\n";
    return 0;
  }
  for (text::TokenId id : ids) {
    const std::string bytes = tokenizer->bytes_of(id);
    session.out << fmt::format("{:>7}  {:<20}  {}{}\n", id, base::Json(base::printable(bytes)).dump(), hex_of(bytes),
                               tokenizer->is_special(id) ? "  special" : "");
  }
  session.messages << fmt::format("{} tokens\n", ids.size());
  return 0;
}

int generate_verb(Words words, Session& session) {
  std::string prompt;
  learn::GenerateOptions options;
  int64_t seed = 0;
  ModelOptions model;
  CommandLine line{.verb = "generate", .summary = "Continues a prompt."};
  line.positionals = {{.name = "PROMPT", .help = "the text to continue", .target = &prompt}};
  line.options.add_all(model.table());
  line.options.add({.name = "tokens", .help = "at most this many", .target = &options.tokens, .least = 0});
  line.options.add({.name = "temperature", .help = "0 = always the likeliest token", .target = &options.temperature});
  line.options.add({.name = "seed", .help = "of the draws", .target = &seed});
  line.options.add({.name = "stop", .help = "ends where this text appears", .target = &options.stop});
  if (!parse(line, words, session.out)) return 0;
  options.seed = static_cast<uint64_t>(seed);
  options.beginning = learn::parse_beginning_token(model.beginning);
  learn::check(options);
  const model::Checkpoint checkpoint = model.open(session.watch);
  learn::generate(
      checkpoint, prompt, options,
      [&](const std::string& piece) {
        session.out << piece << std::flush;
        if (!session.out) throw base::Error({.where = "standard output", .given = "was closed by its reader"});
      },
      session.watch);
  session.out << "\n";
  return 0;
}

int get_verb(Words words, Session& session) {
  std::string model;
  bool json = false;
  CommandLine line{.verb = "get", .summary = "Fetches a model into the cache and prints where it lies."};
  line.positionals = {{.name = "MODEL", .help = "a short name of `manabi list models`", .target = &model}};
  line.options.add({.name = "json", .help = "one JSON object, {\"path\"}", .target = &json});
  if (!parse(line, words, session.out)) return 0;
  std::vector<std::string> names;
  for (const model::CatalogueModel& known : model::catalogue_models()) names.push_back(known.name);
  if (std::ranges::find(names, model) == names.end())
    throw base::Error({.where = "manabi get", .given = "there is no model called '" + model + "'", .hint = base::nearest_hint(model, names)});
  const std::string path = model::fetch_model(model, session.watch);
  if (json)
    session.out << base::Json{{"path", path}}.dump() << "\n";
  else
    session.out << path << "\n";
  return 0;
}

}  // namespace manabi::app
