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
           "no figure",
           "share of questions alone that are answered with the told city, after minus before",
           {{arm("after", Situation::asked, "told"), 1}, {arm("before", Situation::asked, "told"), -1}}},
          {"memory-overrides-the-prompt",
           "Told names are answered with the told city although the prompt states another.",
           "for some of the names, by examples (no figure)",
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

// Probes are not independent of each other where they ask about one name: the name is the item. The published facts are the same in every seed,
// drawn ones are others.
lab::Stratum answers_of(const SeedCells& cells, const std::string& metric, const std::string& arm) {
  lab::Stratum answers;
  for (const lab::CellRecord* record : cells) {
    const std::string& seed = lab::text_at(record->cell.at, lab::kSeed);
    const std::string of_seed = lab::text_at(record->cell.at, kFacts) == kPublished ? "" : seed + "/";
    for (const lab::Row& row : record->rows) {
      const auto who = row.at.find(kWho), said = row.at.find("arm");
      if (row.metric != metric || who == row.at.end() || (!arm.empty() && (said == row.at.end() || said->second != arm))) continue;
      answers.push_back({.item = of_seed + who->second, .draw = std::stoll(seed), .value = row.value});
    }
  }
  return answers;
}

std::optional<lab::Interval> effect_of(const SeedCells& cells, const Sentence& sentence) {
  std::vector<std::vector<lab::Stratum>> strata;
  std::vector<double> weights;
  const auto add = [&](const std::string& metric, const std::string& arm, double weight) {
    strata.push_back({answers_of(cells, metric, arm)});
    weights.push_back(weight);
  };
  for (const auto& [arm, weight] : sentence.arms) add(kRight, arm, weight);
  if (sentence.arms.empty()) {
    add(std::string(kLeaning) + " before", "", 1);
    add(std::string(kLeaning) + " after", "", -1);
  }
  for (const std::vector<lab::Stratum>& each : strata)
    if (each.front().empty()) return std::nullopt;
  const lab::Interval effect = lab::bootstrap_combination(strata, weights);
  return sentence.arms.empty() ? effect : in_points(effect);
}

}  // namespace

std::vector<lab::Claim> claims_of(const lab::Records& records) {
  std::vector<lab::Claim> claims;
  for (const lab::Coordinates& setting : lab::settings_in(records)) {
    const std::string name = lab::name_of(setting);
    const SeedCells cells = lab::select(records, setting);
    for (const Sentence& each : sentences()) {
      lab::Claim claim{.id = each.id + ", " + name,
                       .sentence = each.sentence,
                       .source = kSource,
                       .published = each.published,
                       .measure = name + ": " + each.measure,
                       .unit = each.arms.empty() ? "nats" : "points",
                       .direction = lab::Direction::above,
                       .margin = 0};
      claim.effect = effect_of(cells, each);
      if (!claim.effect) claim.missing = "answers after tuning";
      claims.push_back(std::move(claim));
    }
  }
  return claims;
}

}  // namespace manabi::study::in_weights_llm
