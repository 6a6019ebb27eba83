#include "app/verbs/train/data.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "text/open/byte_tokenizer.h"
#include "text/open/open.h"
#include "text/open/word_tokenizer.h"
#include "world/tokens/named_worlds.h"

namespace manabi::app {
namespace {

namespace fs = std::filesystem;

constexpr double kHeldOutShare = 0.1;  // of a text, at its end
constexpr int64_t kContextOfText = 64;

std::optional<world::NamedWorld> find_world(const std::string& name) {
  std::vector<world::NamedWorld> worlds = world::named_worlds();
  const auto found = std::ranges::find(worlds, name, &world::NamedWorld::name);
  if (found == worlds.end()) return std::nullopt;
  return std::move(*found);
}

struct OpenTokenizer {
  std::string json;
  std::unique_ptr<text::Tokenizer> tokenizer;
};

OpenTokenizer from_json(std::string json) {
  std::unique_ptr<text::Tokenizer> tokenizer = text::parse_tokenizer_json(json, "tokenizer.json");
  return {.json = std::move(json), .tokenizer = std::move(tokenizer)};
}

OpenTokenizer tokenizer_of_text(const std::string& path) {
  if (path.empty()) return from_json(text::byte_tokenizer_json());
  const fs::path given = fs::is_directory(path) ? fs::path(path) / "tokenizer.json" : fs::path(path);
  if (given.filename() != "tokenizer.json")
    throw base::Error({.where = "--tokenizer", .given = path, .expected = "a tokenizer.json, or a folder that holds one"});
  return {.json = base::read_text(given.string()), .tokenizer = text::open_tokenizer(given.string())};
}

// The end of the text is held out.
TrainingData open_text(const TrainOptions& options) {
  const std::string text = base::read_text(options.world);
  OpenTokenizer open = tokenizer_of_text(options.tokenizer);
  const std::vector<text::TokenId> tokens = open.tokenizer->encode(text);
  const auto share = static_cast<std::ptrdiff_t>(static_cast<double>(tokens.size()) * kHeldOutShare);
  const auto middle = tokens.end() - std::max<std::ptrdiff_t>(share, std::min<std::ptrdiff_t>(options.context + 1, std::ssize(tokens) / 2));
  const auto windows = [&](auto begin, auto end, uint64_t seed) {
    return std::make_shared<world::TextWorld>(std::make_shared<std::vector<int32_t>>(begin, end), open.tokenizer->size(), options.context, seed);
  };
  return {.title = fs::path(options.world).filename().string(),
          .asked = "token",
          .held_out_is = "the last tenth of the text, which is not trained on",
          .train = windows(tokens.begin(), middle, static_cast<uint64_t>(options.seed)),
          .held_out = windows(middle, tokens.end(), 0),
          .tokenizer_json = std::move(open.json),
          .tokenizer = std::move(open.tokenizer),
          .made_of = {{"text", base::sha256(text)}}};
}

TrainingData open_named(const world::NamedWorld& world, const TrainOptions& options) {
  if (!options.tokenizer.empty())
    throw base::Error({.where = "--tokenizer, the world '" + world.name + "'",
                       .given = options.tokenizer,
                       .expected = "none: the world has words of its own",
                       .hint = "for a text file of that name: ./" + world.name});
  OpenTokenizer open = from_json(text::word_tokenizer_json(world.words));
  const auto seed = static_cast<uint64_t>(options.seed);
  return {.title = world.name,
          .asked = world.asked,
          .held_out_is = "rows that are not trained on",
          .train = world.make(options.context, seed),
          .held_out = world.make(options.context, ~seed),  // no training's seed: those are small
          .tokenizer_json = std::move(open.json),
          .tokenizer = std::move(open.tokenizer),
          .made_of = {{"world", world.name}, {"world_version", world.version}}};
}

}  // namespace

void resolve_world(TrainOptions& options) {
  const std::optional<world::NamedWorld> world = find_world(options.world);
  if (!world && !fs::exists(options.world)) {
    std::vector<std::string> names;
    for (const world::NamedWorld& known : world::named_worlds()) names.push_back(known.name);
    throw base::Error({.where = "manabi train",
                       .given = "there is no file '" + options.world + "', and no world of that name",
                       .expected = "a text file, or a name that manabi list worlds shows",
                       .hint = base::nearest_hint(options.world, names)});
  }
  if (options.context == 0) options.context = world ? world->usual_length : kContextOfText;
}

TrainingData open_training_data(const TrainOptions& options) {
  const std::optional<world::NamedWorld> world = find_world(options.world);
  return world ? open_named(*world, options) : open_text(options);
}

}  // namespace manabi::app
