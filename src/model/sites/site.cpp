#include "model/sites/site.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

#include "base/error.h"

namespace manabi::model {
namespace {

constexpr std::string_view kBlocks = "blocks.";

// In the order of the enumeration.
constexpr std::array<const char*, 19> kNames = {"hook_embed",
                                                "blocks.{}.hook_resid_pre",
                                                "blocks.{}.attn.hook_q",
                                                "blocks.{}.attn.hook_k",
                                                "blocks.{}.attn.hook_v",
                                                "blocks.{}.attn.hook_rot_q",
                                                "blocks.{}.attn.hook_rot_k",
                                                "blocks.{}.attn.hook_attn_scores",
                                                "blocks.{}.attn.hook_pattern",
                                                "blocks.{}.attn.hook_z",
                                                "blocks.{}.attn.hook_result",
                                                "blocks.{}.hook_attn_out",
                                                "blocks.{}.hook_resid_mid",
                                                "blocks.{}.mlp.hook_pre",
                                                "blocks.{}.mlp.hook_pre_linear",
                                                "blocks.{}.mlp.hook_post",
                                                "blocks.{}.hook_mlp_out",
                                                "blocks.{}.hook_resid_post",
                                                "ln_final.hook_normalized"};
static_assert(kNames.size() == static_cast<size_t>(SiteKind::normalized) + 1);

// "blocks.3.hook_z" -> 3 and "blocks.{}.hook_z"; a name without a number stays as it is.
struct Parsed {
  std::string pattern;
  std::optional<int64_t> layer;
};

Parsed parse(const std::string& name) {
  if (!name.starts_with(kBlocks)) return {.pattern = name, .layer = {}};
  const char* begin = name.data() + kBlocks.size();
  int64_t layer = 0;
  const auto [end, error] = std::from_chars(begin, name.data() + name.size(), layer);
  if (error != std::errc() || end == begin) return {.pattern = name, .layer = {}};
  return {.pattern = fmt::format("{}{{}}{}", kBlocks, std::string_view(end, name.data() + name.size())), .layer = layer};
}

}  // namespace

bool has_layer(SiteKind kind) { return std::string_view(kNames[static_cast<size_t>(kind)]).starts_with(kBlocks); }

std::string pattern_of(SiteKind kind) { return kNames[static_cast<size_t>(kind)]; }

std::string name_of(const Site& site) { return fmt::format(fmt::runtime(kNames[static_cast<size_t>(site.kind)]), site.layer); }

// Of the names behind "hook_", only the MLP's need to say whose they are.
std::string word_of(SiteKind kind) {
  const std::string name = pattern_of(kind);
  const std::string word = name.substr(name.find("hook_") + 5);
  return name.find(".mlp.") == std::string::npos ? word : "mlp_" + word;
}

SiteKind site_kind_named(const std::string& word, std::span<const SiteKind> kinds) {
  std::vector<std::string> words;
  for (const SiteKind kind : kinds) {
    if (word_of(kind) == word) return kind;
    words.push_back(word_of(kind));
  }
  throw base::Error(
      {.where = "site", .given = "'" + word + "'", .expected = "one that this model has", .hint = base::nearest_hint(word, words)});
}

Site site_named(const std::string& name, std::span<const SiteKind> kinds, int64_t layers) {
  const Parsed parsed = parse(name);
  const auto is_it = [&](SiteKind kind) {
    return has_layer(kind) == parsed.layer.has_value() && kNames[static_cast<size_t>(kind)] == parsed.pattern;
  };
  const auto kind = std::ranges::find_if(kinds, is_it);
  if (kind == kinds.end()) {
    std::vector<std::string> known;
    for (const SiteKind each : kinds) known.push_back(name_of({.kind = each, .layer = parsed.layer.value_or(0)}));
    throw base::Error(
        {.where = "site", .given = "'" + name + "'", .expected = "one that this model has", .hint = base::nearest_hint(name, known)});
  }
  if (has_layer(*kind) && (*parsed.layer < 0 || *parsed.layer >= layers))
    throw base::Error({.where = "site", .given = "'" + name + "'", .expected = fmt::format("a layer from 0 to {}", layers - 1)});
  return {.kind = *kind, .layer = parsed.layer.value_or(-1)};
}

}  // namespace manabi::model
