#include "study/recognition/evidence.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

namespace manabi::study::recognition {
namespace {

constexpr double kPoints = 100.0;
constexpr int64_t kFewestOfPaper = 8;

// Terms of one kind are compared on the populations that all of them have: an ablation may have run on fewer templates.
void keep_common(std::vector<Populations>& seen, const std::vector<Term>& terms) {
  for (size_t i = 0; i < seen.size(); ++i) {
    std::erase_if(seen[i], [&](const auto& population) {
      for (size_t j = 0; j < seen.size(); ++j)
        if (terms[j].kind == terms[i].kind && !seen[j].contains(population.first)) return true;
      return false;
    });
  }
}

// One row a term, one column a task of any term, empty where a term has none.
std::vector<std::vector<lab::Stratum>> aligned(const std::vector<Populations>& seen) {
  std::set<std::string> tasks;
  for (const Populations& populations : seen)
    for (const auto& [population, stratum] : populations) tasks.insert(population.task);
  std::vector<std::vector<lab::Stratum>> strata;
  for (const Populations& populations : seen) {
    std::map<std::string, lab::Stratum> by_task = strata_by_task(populations);
    std::vector<lab::Stratum>& row = strata.emplace_back();
    for (const std::string& task : tasks) row.push_back(by_task[task]);
  }
  return strata;
}

// The populations of each term that all terms share; empty, with the reason in the claim, where something is missing.
std::vector<Populations> common_populations(const lab::Records& records, const std::vector<Term>& terms, lab::Claim& claim) {
  std::vector<Populations> seen;
  for (const Term& term : terms) {
    seen.push_back(populations(records, term.curve, term.shots, term.kind));
    if (!seen.back().empty()) continue;
    claim.missing =
        label_of(term.curve) + " at K = " + std::to_string(term.shots) + (term.kind.empty() ? "" : " on tasks of the kind " + term.kind);
    return {};
  }
  keep_common(seen, terms);
  if (seen.front().empty()) {
    claim.missing = "a task and template that all of its cells share";
    return {};
  }
  return seen;
}

lab::Interval effect_of(const std::vector<Populations>& seen, const std::vector<Term>& terms) {
  std::vector<double> weights;
  for (const Term& term : terms) weights.push_back(term.weight * kPoints);
  return lab::bootstrap_combination(aligned(seen), weights);
}

}  // namespace

std::vector<Term> operator+(std::vector<Term> left, const std::vector<Term>& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Evidence::Evidence(const lab::Records& records, std::string model) : records_(records), model_(std::move(model)) {
  for (const lab::CellRecord* record : lab::select(records, {{kModel, model_}})) parameters_ = metric_of(*record, kParameters);
  for (int64_t shots : shots_of(records))
    if (shots > 0) shots_.push_back(shots);
}

int64_t Evidence::few() const {
  if (std::ranges::find(shots_, kFewestOfPaper) != shots_.end()) return kFewestOfPaper;
  return shots_.empty() ? 0 : shots_.front();
}

std::vector<Term> Evidence::slope(const Curve& curve, double weight, const std::string& kind) const {
  double mean = 0;
  for (int64_t shots : shots_) mean += std::log2(static_cast<double>(shots)) / static_cast<double>(shots_.size());
  double spread = 0;
  for (int64_t shots : shots_) spread += std::pow(std::log2(static_cast<double>(shots)) - mean, 2);
  std::vector<Term> terms;
  for (int64_t shots : shots_) terms.push_back({weight * (std::log2(static_cast<double>(shots)) - mean) / spread, curve, shots, kind});
  return terms;
}

void Evidence::measure(lab::Claim& claim, const std::vector<Term>& terms) const {
  const std::vector<Populations> seen = common_populations(records_, terms, claim);
  if (!seen.empty()) claim.effect = effect_of(seen, terms);
}

void Evidence::measure_above_chance(lab::Claim& claim, const std::vector<Term>& terms) const {
  const std::vector<Populations> seen = common_populations(records_, terms, claim);
  if (seen.empty()) return;
  claim.effect = effect_of(seen, terms);
  std::set<std::string> tasks;
  for (const auto& [population, stratum] : seen.front()) tasks.insert(population.task);
  const double chance = mean_metric(records_, kChance, tasks) * kPoints;
  for (double* end : {&claim.effect->value, &claim.effect->low, &claim.effect->high}) *end -= chance;
}

}  // namespace manabi::study::recognition
