#include <fmt/format.h>

#include <utility>

#include "lab/statistics/seeds.h"
#include "study/in_weights_llm/probes.h"
#include "study/in_weights_llm/report.h"
#include "study/item_arms.h"
#include "study/scored_items.h"

namespace manabi::study::in_weights_llm {
namespace {

constexpr const char* kSource = "Chan et al. 2024, section 5";

std::string arm(const char* when, Situation situation, const char* what) { return fmt::format("{}, {}, {}", when, name_of(situation), what); }

struct Sentence {
  std::string id, sentence, published, measure;
  std::vector<std::pair<std::string, double>> arms;  // none: of the leanings before and after
};

std::vector<Sentence> sentences() {
  const std::string opposed_after = arm("after", Situation::opposed, "stated");
  return {{"learned-by-heart",
           "The facts are known by heart afterwards.",
           "all, with plain gradient descent (no figure)",
           "share of questions alone that are answered with the told city, after minus before",
           {{arm("after", Situation::asked, "told"), 1}, {arm("before", Situation::asked, "told"), -1}}},
          {"memory-overrides-the-prompt",
           "Told names are answered with the told city although the prompt states another.",
           "for some of the names (no figure)",
           "share answered with the told city where another is stated, after minus before",
           {{arm("after", Situation::opposed, "told"), 1}, {arm("before", Situation::opposed, "told"), -1}}},
          {"the-stated-city-loses-ground",
           "Where another city is stated, it loses against the told one.",
           "no figure",
           "log-probability of the stated city less that of the told one, before minus after",
           {}},
          {"strangers-are-still-believed",
           "Of names of whom nothing was told, the stated city is followed more often than of those that were.",
           "no figure",
           "share answered with the stated city after tuning, strangers minus told names",
           {{arm("after", Situation::stranger, "stated"), 1}, {opposed_after, -1}}}};
}

std::optional<lab::Interval> leaning_lost(const std::vector<SeedCells>& cells) {
  const std::vector<ItemQuantity> quantities = {{.tasks = cells, .metric = std::string(kLeaning) + " before", .weight = 1},
                                                {.tasks = cells, .metric = std::string(kLeaning) + " after", .weight = -1}};
  return effect_of_items(quantities);
}

}  // namespace

std::vector<lab::Claim> claims_of(const lab::Records& records) {
  std::vector<lab::Claim> claims;
  for (const lab::Coordinates& setting : lab::settings_in(records)) {
    const std::string name = lab::name_of(setting);
    const std::vector<SeedCells> cells = {lab::select(records, setting)};
    for (Sentence& each : sentences()) {
      lab::Claim claim{.id = each.id + ", " + name,
                       .sentence = each.sentence,
                       .source = kSource,
                       .published = each.published,
                       .measure = name + ": " + each.measure,
                       .unit = "points",
                       .direction = lab::Direction::above,
                       .margin = 0};
      if (each.arms.empty()) {
        claim.unit = "nats";
        claim.effect = leaning_lost(cells);
      } else if (const auto effect = effect_of_arms(cells, each.arms)) {
        claim.effect = in_points(*effect);
      }
      if (!claim.effect) claim.missing = "answers after tuning";
      claims.push_back(std::move(claim));
    }
  }
  return claims;
}

}  // namespace manabi::study::in_weights_llm
