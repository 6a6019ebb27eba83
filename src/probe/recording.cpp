#include "probe/recording.h"

#include <ATen/ATen.h>

#include <utility>

namespace manabi::probe {

Recording record(const model::CausalLM& lm, std::span<const model::TokenId> tokens, std::span<const model::Site> sites, bool keeps_cache,
                 std::shared_ptr<const model::Cache> prefix) {
  Recording recording;
  model::Taps taps;
  for (const model::Site& site : sites)
    taps.add(site, [&recording, site](const model::Sighting& sighting) { recording.values[site] = sighting.values.clone(); });
  const model::Row row{.tokens = tokens, .prefix = std::move(prefix), .wanted = {std::ssize(tokens) - 1}, .keeps_cache = keeps_cache};
  model::Forward forward = lm.forward(std::span(&row, 1), {.taps = &taps});
  recording.hidden = forward.hidden;
  recording.cache = std::move(forward.caches.front());
  return recording;
}

std::vector<model::Site> in_all_layers(const model::CausalLM& lm, model::SiteKind kind, int64_t first) {
  std::vector<model::Site> sites;
  for (int64_t layer = first; layer < lm.layers(); ++layer) sites.push_back({.kind = kind, .layer = layer});
  return sites;
}

}  // namespace manabi::probe
