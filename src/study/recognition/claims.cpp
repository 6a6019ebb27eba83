// The paper's sentences as tests. Each effect is a linear combination of mean accuracies over the same items and demonstrations, in points.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "study/recognition/recognition.h"

namespace manabi::study::recognition {
namespace {

using lab::Claim;
using lab::Direction;

// One term of an effect: a weight on the mean accuracy of a setting at K.
struct Term {
  double weight;
  Curve curve;
  int64_t shots;
  std::string kind = "";  // of tasks; "" = all of them
};

constexpr double kPoints = 100.0;

// What the records hold for one model, and how effects are made of it.
class Evidence {
 public:
  Evidence(const lab::Records& records, std::string model) : records_(records), model_(std::move(model)) {
    for (int64_t shots : shots_of(records))
      if (shots > 0) shots_.push_back(shots);
  }

  Curve gold() const { return {model_, "gold", "-"}; }
  Curve random() const { return {model_, "random", "-"}; }
  Curve abstract(const std::string& symbols = "numbers") const { return {model_, "abstract", symbols}; }

  bool has_sweep() const { return shots_.size() >= 2; }
  int64_t fewest() const { return shots_.empty() ? 0 : shots_.front(); }
  int64_t most() const { return shots_.empty() ? 0 : shots_.back(); }

  // Accuracy's slope per doubling of K, by least squares over log2 K: weights of each K, times `weight`.
  std::vector<Term> slope(const Curve& curve, double weight = 1.0, const std::string& kind = "") const {
    double mean = 0;
    for (int64_t shots : shots_) mean += std::log2(static_cast<double>(shots)) / static_cast<double>(shots_.size());
    double spread = 0;
    for (int64_t shots : shots_) spread += std::pow(std::log2(static_cast<double>(shots)) - mean, 2);
    std::vector<Term> terms;
    for (int64_t shots : shots_) terms.push_back({weight * (std::log2(static_cast<double>(shots)) - mean) / spread, curve, shots, kind});
    return terms;
  }

  // Fills in the effect in points, or says which cells are missing. `baseline` is subtracted from it: a level that is known exactly.
  void measure(Claim& claim, const std::vector<Term>& terms, double baseline = 0) const {
    std::vector<Populations> seen;
    for (const Term& term : terms) seen.push_back(populations(records_, term.curve, term.shots, term.kind));
    for (size_t i = 0; i < terms.size(); ++i) {
      if (!seen[i].empty()) continue;
      const Term& term = terms[i];
      claim.missing =
          label_of(term.curve) + " at K = " + std::to_string(term.shots) + (term.kind.empty() ? "" : " on tasks of the kind " + term.kind);
      return;
    }
    keep_common(seen, terms);
    if (seen.front().empty()) {
      claim.missing = "a task and template that all of its cells share";
      return;
    }
    std::vector<double> weights;
    for (const Term& term : terms) weights.push_back(term.weight * kPoints);
    claim.effect = lab::bootstrap_combination(aligned(seen), weights);
    for (double* end : {&claim.effect->value, &claim.effect->low, &claim.effect->high}) *end -= baseline * kPoints;
  }

  double chance() const { return mean_metric(records_, kChance); }

 private:
  // Terms of one kind are compared on the populations that all of them have: an ablation may have run on fewer templates.
  static void keep_common(std::vector<Populations>& seen, const std::vector<Term>& terms) {
    for (size_t i = 0; i < seen.size(); ++i) {
      std::erase_if(seen[i], [&](const auto& population) {
        for (size_t j = 0; j < seen.size(); ++j)
          if (terms[j].kind == terms[i].kind && !seen[j].contains(population.first)) return true;
        return false;
      });
    }
  }

  // One row a term, one column a population of any term, empty where a term has none.
  static std::vector<std::vector<lab::Stratum>> aligned(const std::vector<Populations>& seen) {
    std::set<std::string> names;
    for (const Populations& populations : seen)
      for (const auto& [name, stratum] : populations) names.insert(name);
    std::vector<std::vector<lab::Stratum>> strata;
    for (const Populations& populations : seen) {
      std::vector<lab::Stratum>& row = strata.emplace_back();
      for (const std::string& name : names) row.push_back(populations.contains(name) ? populations.at(name) : lab::Stratum{});
    }
    return strata;
  }

  const lab::Records& records_;
  std::string model_;
  std::vector<int64_t> shots_;  // ascending, without 0
};

std::vector<Term> operator+(std::vector<Term> left, const std::vector<Term>& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

std::vector<Claim> claims_over_labels(const Evidence& seen) {
  const int64_t most = seen.most(), fewest = seen.fewest();
  const std::string at_most = "K = " + std::to_string(most), at_fewest = "K = " + std::to_string(fewest);

  Claim recognises{.id = "random-above-chance",
                   .sentence = "Random labels still beat a uniform guess: the model recognises the task.",
                   .source = "section 4, Tables 4 to 12",
                   .published = "OPT 350M at K = 8: +8.9 points over the uniform guess (eight readable sets)",
                   .measure = "accuracy under RANDOM minus uniform guess, " + at_fewest,
                   .unit = "points",
                   .direction = Direction::above,
                   .margin = 0};
  seen.measure(recognises, {{1, seen.random(), fewest}}, seen.chance());

  Claim gold_over_random{.id = "gold-above-random",
                         .sentence = "With many demonstrations gold labels beat random ones.",
                         .source = "section 4, Figure 2",
                         .published = "OPT 350M at K = 32: +1.9 points; LLaMA 65B: +19.6",
                         .measure = "GOLD minus RANDOM, " + at_most,
                         .unit = "points",
                         .direction = Direction::above,
                         .margin = 0};
  seen.measure(gold_over_random, {{1, seen.gold(), most}, {-1, seen.random(), most}});

  Claim gold_over_abstract{.id = "gold-above-abstract",
                           .sentence = "Gold labels beat abstract symbols.",
                           .source = "section 4, Figure 2",
                           .published = "OPT 350M at K = 32: +12.2 points; OPT 66B: −9.0",
                           .measure = "GOLD minus ABSTRACT, " + at_most,
                           .unit = "points",
                           .direction = Direction::above,
                           .margin = 0};
  seen.measure(gold_over_abstract, {{1, seen.gold(), most}, {-1, seen.abstract(), most}});

  Claim abstract_below{.id = "abstract-below-random",
                       .sentence = "In small models, or with few demonstrations, abstract symbols do worse than random labels.",
                       .source = "section 4, Figure 2",
                       .published = "OPT 350M at K = 8: −8.2 points",
                       .measure = "ABSTRACT minus RANDOM, " + at_fewest,
                       .unit = "points",
                       .direction = Direction::below,
                       .margin = 0};
  seen.measure(abstract_below, {{1, seen.abstract(), fewest}, {-1, seen.random(), fewest}});
  return {recognises, gold_over_random, gold_over_abstract, abstract_below};
}

std::vector<Claim> claims_over_shots(const Evidence& seen) {
  Claim flat{.id = "random-flat-in-shots",
             .sentence = "Recognition does not grow with demonstrations: accuracy under random labels is flat in K.",
             .source = "section 4",
             .published = "OPT 350M from K = 8 to 32: +1.6 points per doubling; OPT 66B: −1.7",
             .measure = "slope of RANDOM per doubling of K",
             .unit = "points",
             .direction = Direction::equivalent,
             .margin = 2};
  Claim abstract_flat{.id = "small-abstract-flat-in-shots",
                      .sentence = "A small model's accuracy under abstract symbols barely moves with K.",
                      .source = "section 4",
                      .published = "OPT 350M from K = 8 to 32: +0.5 points per doubling",
                      .measure = "slope of ABSTRACT per doubling of K",
                      .unit = "points",
                      .direction = Direction::equivalent,
                      .margin = 2};
  Claim gap_grows{.id = "gold-random-gap-grows",
                  .sentence = "The gap between gold and random labels grows with K.",
                  .source = "section 4",
                  .published = "OPT 350M from K = 8 to 32: −0.8 points per doubling; LLaMA 65B: +4.6",
                  .measure = "slope of (GOLD minus RANDOM) per doubling of K",
                  .unit = "points",
                  .direction = Direction::above,
                  .margin = 0};
  Claim sentiment{.id = "sentiment-steeper-than-inference",
                  .sentence = "Abstract symbols are learned faster in sentiment than in inference tasks.",
                  .source = "section 5, GPT-3",
                  .published = "figure only",
                  .measure = "slope of ABSTRACT per doubling of K, sentiment minus inference",
                  .unit = "points",
                  .direction = Direction::above,
                  .margin = 0};
  if (!seen.has_sweep()) {
    for (Claim* claim : {&flat, &abstract_flat, &gap_grows, &sentiment}) claim->missing = "at least two values of K above 0";
    return {flat, abstract_flat, gap_grows, sentiment};
  }
  seen.measure(flat, seen.slope(seen.random()));
  seen.measure(abstract_flat, seen.slope(seen.abstract()));
  seen.measure(gap_grows, seen.slope(seen.gold()) + seen.slope(seen.random(), -1));

  seen.measure(sentiment, seen.slope(seen.abstract(), 1, "sentiment") + seen.slope(seen.abstract(), -1, "inference"));
  return {flat, abstract_flat, gap_grows, sentiment};
}

std::vector<Claim> claims_over_symbols(const Evidence& seen) {
  const int64_t most = seen.most();
  const std::string at_most = ", K = " + std::to_string(most);
  Claim letters{.id = "numbers-like-letters",
                .sentence = "Numbers and letters serve equally well as abstract labels.",
                .source = "section 5, Figure 4",
                .published = "figure only",
                .measure = "ABSTRACT (numbers) minus ABSTRACT (letters)" + at_most,
                .unit = "points",
                .direction = Direction::equivalent,
                .margin = 2};
  Claim symbols{.id = "numbers-above-symbols",
                .sentence = "Numbers serve better than symbols as abstract labels.",
                .source = "section 5, Figure 4",
                .published = "figure only",
                .measure = "ABSTRACT (numbers) minus ABSTRACT (symbols)" + at_most,
                .unit = "points",
                .direction = Direction::above,
                .margin = 0};
  seen.measure(letters, {{1, seen.abstract(), most}, {-1, seen.abstract("letters"), most}});
  seen.measure(symbols, {{1, seen.abstract(), most}, {-1, seen.abstract("symbols"), most}});
  return {letters, symbols};
}

// Claims over model size compare the largest model with the smallest.
std::vector<Claim> claims_over_size(const lab::Records& records, const std::vector<std::string>& by_size) {
  Claim random{.id = "random-flat-in-size",
               .sentence = "Recognition does not grow with the model: accuracy under random labels is flat in size.",
               .source = "section 4, Figure 2",
               .published = "OPT 350M to 66B at K = 32: −14.5 points",
               .measure = "RANDOM, largest minus smallest model",
               .unit = "points",
               .direction = Direction::equivalent,
               .margin = 2};
  Claim abstract{.id = "abstract-grows-with-size",
                 .sentence = "Learning grows with the model: accuracy under abstract symbols rises with size.",
                 .source = "section 4, Figure 2",
                 .published = "OPT 350M to 66B at K = 32: +14.1 points",
                 .measure = "ABSTRACT, largest minus smallest model",
                 .unit = "points",
                 .direction = Direction::above,
                 .margin = 0};
  if (by_size.size() < 2) {
    for (Claim* claim : {&random, &abstract}) claim->missing = "a second model of another size (--model A,B)";
    return {random, abstract};
  }
  const Evidence smallest(records, by_size.front()), largest(records, by_size.back());
  const int64_t most = largest.most();
  largest.measure(random, {{1, largest.random(), most}, {-1, smallest.random(), most}});
  largest.measure(abstract, {{1, largest.abstract(), most}, {-1, smallest.abstract(), most}});
  return {random, abstract};
}

std::vector<std::string> models_by_size(const lab::Records& records) {
  std::map<std::string, double> parameters;
  for (const lab::CellRecord& record : records) parameters[lab::text_at(record.cell.at, kModel)] = metric_of(record, kParameters);
  std::vector<std::string> models = values_of(records, kModel);
  std::ranges::stable_sort(models, {}, [&](const std::string& model) { return parameters[model]; });
  return models;
}

}  // namespace

std::vector<lab::Claim> claims(const lab::Records& records) {
  const std::vector<std::string> models = models_by_size(records);
  std::vector<lab::Claim> all;
  for (const std::string& model : models) {
    const Evidence seen(records, model);
    for (auto&& group : {claims_over_labels(seen), claims_over_shots(seen), claims_over_symbols(seen)})
      for (lab::Claim claim : group) {
        if (models.size() > 1) claim.measure = model + ": " + claim.measure;
        all.push_back(std::move(claim));
      }
  }
  for (lab::Claim& claim : claims_over_size(records, models)) all.push_back(std::move(claim));
  return all;
}

}  // namespace manabi::study::recognition
