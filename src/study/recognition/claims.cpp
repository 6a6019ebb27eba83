// The paper's sentences as tests: effects in points with a direction and a margin.
#include <algorithm>
#include <map>
#include <utility>

#include "study/recognition/evidence.h"
#include "study/recognition/recognition.h"

namespace manabi::study::recognition {
namespace {

using lab::Claim;
using lab::Direction;

constexpr double kEqualPoints = 2;      // "equal" for accuracies
constexpr double kFlatPoints = 1;       // "flat" per doubling of K
constexpr double kSmallModel = 1e9;     // parameters: the paper's small models have 350 million
constexpr double kLargestModel = 6e10;  // the paper's largest have 65 and more billion
constexpr int64_t kMostOfPaper = 32;

std::string at_shots(int64_t shots) { return ", K = " + std::to_string(shots); }

Claim points(std::string id, std::string sentence, std::string source, std::string published, std::string measure, Direction direction,
             double margin = 0) {
  return {.id = std::move(id),
          .sentence = std::move(sentence),
          .source = std::move(source),
          .published = std::move(published),
          .measure = std::move(measure),
          .unit = "points",
          .direction = direction,
          .margin = margin};
}

std::vector<Claim> claims_over_labels(const Evidence& seen) {
  const int64_t most = seen.most(), few = seen.few();

  Claim recognises = points("random-above-chance", "Random labels still beat a uniform guess: the model recognises the task.", "section 4",
                            "K = 8, sixteen sets: ada about +10 points, OPT 350M about +5; over the eight readable sets OPT 350M +8.9",
                            "accuracy under RANDOM minus uniform guess" + at_shots(few), Direction::above);
  seen.measure_above_chance(recognises, {{1, seen.random(), few}});

  Claim gold_over_random = points("gold-above-random", "With many demonstrations gold labels beat random ones.", "section 4",
                                  "OPT 350M at K = 32: +1.9 points; LLaMA 65B: +19.6", "GOLD minus RANDOM" + at_shots(most), Direction::above);
  seen.measure(gold_over_random, {{1, seen.gold(), most}, {-1, seen.random(), most}});

  Claim gold_over_abstract = points("gold-above-abstract", "Gold labels beat abstract symbols.", "section 4",
                                    "OPT 350M at K = 32: +12.2 points; OPT 66B: −9.0", "GOLD minus ABSTRACT" + at_shots(most), Direction::above);
  seen.measure(gold_over_abstract, {{1, seen.gold(), most}, {-1, seen.abstract(), most}});

  Claim abstract_below =
      points("abstract-below-random", "In small models, or with few demonstrations, abstract symbols do worse than random labels.", "section 4",
             "OPT 350M at K = 8: −8.2 points", "ABSTRACT minus RANDOM" + at_shots(few), Direction::below);
  seen.measure(abstract_below, {{1, seen.abstract(), few}, {-1, seen.random(), few}});
  return {recognises, gold_over_random, gold_over_abstract, abstract_below};
}

// What the paper says of its smallest models only.
std::vector<Claim> claims_of_small_models(const Evidence& seen) {
  Claim no_gap =
      points("small-gold-random-equal", "In a small model with few demonstrations, gold and random labels do equally well.", "section 4",
             "OPT 350M at K = 8: +3.5 points", "GOLD minus RANDOM" + at_shots(seen.few()), Direction::equivalent, kEqualPoints);
  Claim abstract_flat =
      points("small-abstract-flat-in-shots", "A small model's accuracy under abstract symbols barely moves with K.", "section 4",
             "OPT 350M from K = 8 to 32: +0.5 points per doubling", "slope of ABSTRACT per doubling of K", Direction::equivalent, kFlatPoints);
  if (seen.parameters() >= kSmallModel) {
    for (Claim* claim : {&no_gap, &abstract_flat}) claim->missing = "a model below a billion parameters";
    return {no_gap, abstract_flat};
  }
  seen.measure(no_gap, {{1, seen.gold(), seen.few()}, {-1, seen.random(), seen.few()}});
  if (seen.has_sweep())
    seen.measure(abstract_flat, seen.slope(seen.abstract()));
  else
    abstract_flat.missing = "at least two values of K above 0";
  return {no_gap, abstract_flat};
}

// What the paper says of its largest models only.
std::vector<Claim> claims_of_largest_models(const Evidence& seen) {
  const int64_t most = seen.most();
  Claim learns =
      points("large-abstract-above-random", "In the largest models many abstract demonstrations beat random labels.", "section 4",
             "K = 32: OPT 66B +18.3 points, LLaMA 65B +10.4, davinci +13.8", "ABSTRACT minus RANDOM" + at_shots(most), Direction::above);
  Claim reaches =
      points("large-abstract-reaches-gold", "With sixteen demonstrations the largest models do as well with symbols as with gold labels.",
             "section 4", "K = 16: OPT 66B +4.5 points, davinci +3.1, LLaMA 65B −11.6 (the paper's exception)", "ABSTRACT minus GOLD, K = 16",
             Direction::above, -kEqualPoints);
  if (seen.parameters() < kLargestModel) {
    for (Claim* claim : {&learns, &reaches}) claim->missing = "a model of sixty billion parameters or more";
    return {learns, reaches};
  }
  seen.measure(learns, {{1, seen.abstract(), most}, {-1, seen.random(), most}});
  seen.measure(reaches, {{1, seen.abstract(), 16}, {-1, seen.gold(), 16}});
  return {learns, reaches};
}

std::vector<Claim> claims_over_shots(const Evidence& seen) {
  Claim flat = points("random-flat-in-shots", "Recognition does not grow with demonstrations: accuracy under random labels is flat in K.",
                      "section 4", "OPT 350M from K = 8 to 32: +1.6 points per doubling; OPT 66B: −1.6", "slope of RANDOM per doubling of K",
                      Direction::equivalent, kFlatPoints);
  Claim gap_grows = points("gold-random-gap-grows", "The gap between gold and random labels grows with K.", "section 4",
                           "OPT 350M from K = 8 to 32: −0.8 points per doubling; LLaMA 65B: +4.6",
                           "slope of (GOLD minus RANDOM) per doubling of K", Direction::above);
  Claim sentiment =
      points("sentiment-steeper-than-inference", "Abstract symbols are learned faster in sentiment than in inference tasks.", "section 5, GPT-3",
             "figure only", "slope of ABSTRACT per doubling of K, sentiment minus inference", Direction::above);
  if (!seen.has_sweep()) {
    for (Claim* claim : {&flat, &gap_grows, &sentiment}) claim->missing = "at least two values of K above 0";
    return {flat, gap_grows, sentiment};
  }
  seen.measure(flat, seen.slope(seen.random()));
  seen.measure(gap_grows, seen.slope(seen.gold()) + seen.slope(seen.random(), -1));
  seen.measure(sentiment, seen.slope(seen.abstract(), 1, "sentiment") + seen.slope(seen.abstract(), -1, "inference"));
  return {flat, gap_grows, sentiment};
}

std::vector<Claim> claims_over_symbols(const Evidence& seen) {
  const int64_t most = seen.most();
  const auto compared = [&](const std::string& left, const std::string& right) {
    return "ABSTRACT (" + left + ") minus ABSTRACT (" + right + ")" + at_shots(most);
  };
  Claim letters = points("numbers-like-letters", "Numbers and letters serve equally well as abstract labels.", "section 5", "figure only",
                         compared("numbers", "letters"), Direction::equivalent, kEqualPoints);
  Claim numbers_above = points("numbers-above-symbols", "Numbers serve better than symbols as abstract labels.", "section 5", "figure only",
                               compared("numbers", "symbols"), Direction::above);
  Claim letters_above = points("letters-above-symbols", "Letters serve better than symbols as abstract labels.", "section 5", "figure only",
                               compared("letters", "symbols"), Direction::above);
  seen.measure(letters, {{1, seen.abstract(), most}, {-1, seen.abstract("letters"), most}});
  seen.measure(numbers_above, {{1, seen.abstract(), most}, {-1, seen.abstract("symbols"), most}});
  seen.measure(letters_above, {{1, seen.abstract("letters"), most}, {-1, seen.abstract("symbols"), most}});
  return {letters, numbers_above, letters_above};
}

// Claims over model size compare the largest model with the smallest.
std::vector<Claim> claims_over_size(const lab::Records& records, const std::vector<std::string>& by_size) {
  const Evidence smallest(records, by_size.empty() ? "" : by_size.front()), largest(records, by_size.empty() ? "" : by_size.back());
  const int64_t most = by_size.empty() ? kMostOfPaper : largest.most();
  const std::string between = ", largest minus smallest model" + at_shots(most);
  Claim random = points("random-flat-in-size", "Recognition does not grow with the model: accuracy under random labels is flat in size.",
                        "section 4", "OPT 350M to 66B at K = 32: −14.5 points", "RANDOM" + between, Direction::equivalent, kEqualPoints);
  Claim abstract = points("abstract-grows-with-size", "Learning grows with the model: accuracy under abstract symbols rises with size.",
                          "section 4", "OPT 350M to 66B at K = 32: +14.1 points", "ABSTRACT" + between, Direction::above);
  Claim gap = points("gold-random-gap-grows-with-size", "The gap between gold and random labels grows with the model.", "section 4",
                     "OPT 350M to 66B at K = 32: +7.4 points", "(GOLD minus RANDOM)" + between, Direction::above);
  if (smallest.parameters() == largest.parameters()) {
    for (Claim* claim : {&random, &abstract, &gap}) claim->missing = "a second model of another size (--model A,B)";
    return {random, abstract, gap};
  }
  largest.measure(random, {{1, largest.random(), most}, {-1, smallest.random(), most}});
  largest.measure(abstract, {{1, largest.abstract(), most}, {-1, smallest.abstract(), most}});
  largest.measure(gap, {{1, largest.gold(), most}, {-1, largest.random(), most}, {-1, smallest.gold(), most}, {1, smallest.random(), most}});
  return {random, abstract, gap};
}

std::vector<std::string> models_by_size(const lab::Records& records) {
  std::map<std::string, double> parameters;
  for (const lab::CellRecord& record : records) parameters[lab::text_at(record.cell.at, kModel)] = metric_of(record, kParameters);
  std::vector<std::string> models = lab::values_of(records, kModel);
  std::ranges::stable_sort(models, {}, [&](const std::string& model) { return parameters[model]; });
  return models;
}

}  // namespace

std::vector<lab::Claim> claims(const lab::Records& records) {
  const std::vector<std::string> models = models_by_size(records);
  std::vector<lab::Claim> all;
  for (const std::string& model : models) {
    const Evidence seen(records, model);
    for (auto&& group : {claims_over_labels(seen), claims_of_small_models(seen), claims_over_shots(seen), claims_over_symbols(seen),
                         claims_of_largest_models(seen)})
      for (lab::Claim claim : group) {
        if (models.size() > 1) claim.measure = model + ": " + claim.measure;
        all.push_back(std::move(claim));
      }
  }
  for (lab::Claim& claim : claims_over_size(records, models)) all.push_back(std::move(claim));
  return all;
}

}  // namespace manabi::study::recognition
