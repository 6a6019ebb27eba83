#include "study/in_weights/online/online.h"

#include <cmath>
#include <map>
#include <string>

#include "learn/theory/online_gate.h"

namespace manabi::study::in_weights {
namespace {

constexpr const char* kRounds = "rounds";
constexpr int64_t kFirstShown = 64;  // rounds after which values are written down for the first time; then whenever they have doubled

// Sums of one region since values were last written down.
struct RegionSums {
  int64_t rounds = 0;
  double mixture = 0, weights = 0, context = 0, share = 0;

  void add(const learn::OnlineOutcome& outcome) {
    ++rounds;
    mixture += outcome.mixture_loss;
    weights += outcome.weights_loss;
    context += outcome.context_loss;
    share += outcome.share_of_weights;
  }
};

class Play {
 public:
  explicit Play(const lab::Cell& cell)
      : config_(training_world(condition_at(cell.at), static_cast<uint64_t>(lab::integer_at(cell.at, lab::kSeed)))),
        world_(config_),
        learners_({.inputs = config_.classes(), .labels = config_.classes()}),
        record_{.cell = cell},
        rounds_(lab::integer_at(cell.at, kRounds)) {}

  lab::CellRecord run() {
    std::vector<int64_t> classes(static_cast<size_t>(config_.pairs + 1)), labels(classes.size());
    for (int64_t round = 0, shown = kFirstShown; round < rounds_; ++round) {
      world_.draw_classes(round, classes, labels);
      play(classes, labels);
      if (round + 1 != shown && round + 1 != rounds_) continue;
      write_down(round + 1);
      shown *= 2;
    }
    write_down_excess();
    return std::move(record_);
  }

 private:
  void play(std::span<const int64_t> classes, std::span<const int64_t> labels) {
    const auto context = classes.first(classes.size() - 1);
    const int64_t query = classes.back();
    note_excess(query);
    const bool is_relevant = std::ranges::find(context, query) != context.end();
    regions_[{is_relevant ? "relevant" : "irrelevant", query < config_.high_classes ? "high" : "low"}].add(
        learners_.play({.query = query, .context = context, .labels = labels.first(context.size()), .target = labels.back()}));
  }

  // When an input was seen 1, 2, 4, ... times: what the estimator's distribution is expected to lose beyond the labels' entropy.
  void note_excess(int64_t query) {
    const int64_t seen = learners_.in_weight().seen(query);
    if (seen == 0 || (seen & (seen - 1)) != 0) return;
    double excess = 0;
    for (const auto& [label, probability] : {std::pair{query, 1 - config_.label_noise}, {(query + 1) % config_.classes(), config_.label_noise}})
      if (probability > 0) excess += probability * std::log(probability / learners_.in_weight().probability(query, label));
    excesses_[seen].push_back(excess);
  }

  void write_down(int64_t round) {
    const auto add = [&](const char* metric, lab::Coordinates at, double value, int64_t n) {
      at[lab::kStep] = std::to_string(round);
      record_.rows.push_back({.metric = metric, .at = std::move(at), .value = value, .n = n});
    };
    for (const auto& [name, sums] : regions_) {
      const lab::Coordinates region = {{"context", name.first}, {"query", name.second}};
      const auto count = static_cast<double>(sums.rounds);
      for (const auto& [learner, sum] : {std::pair{kMixture, sums.mixture}, {kInWeight, sums.weights}, {kInContext, sums.context}}) {
        lab::Coordinates at = region;
        at[kLearner] = learner;
        add(kMeanLoss, at, sum / count, sums.rounds);
      }
      add(kMeanShare, region, sums.share / count, sums.rounds);
    }
    for (const auto& [learner, regret] : {std::pair{kGate, learners_.gate().regret()},
                                          {kInWeight, learners_.in_weight().regret()},
                                          {kInContext, learners_.in_context().regret()}}) {
      add(kRegret, {{kLearner, learner}}, regret.value, round);
      add(kRegretBound, {{kLearner, learner}}, regret.bound, round);
    }
    regions_.clear();
  }

  // Of the counts that every input reached.
  void write_down_excess() {
    for (const auto& [seen, values] : excesses_) {
      if (std::ssize(values) < config_.classes()) continue;
      double sum = 0;
      for (const double value : values) sum += value;
      record_.rows.push_back({.metric = kExcess,
                              .at = {{kSeen, std::to_string(seen)}},
                              .value = sum / static_cast<double>(values.size()),
                              .n = std::ssize(values)});
    }
  }

  world::ClassMixtureConfig config_;
  world::ClassMixtureWorld world_;
  learn::OnlineGate learners_;
  lab::CellRecord record_;
  int64_t rounds_;
  std::map<std::pair<std::string, std::string>, RegionSums> regions_;
  std::map<int64_t, std::vector<double>> excesses_;  // by how often the input was seen
};

}  // namespace

Condition online_condition(double label_noise, int64_t pairs) { return {.rows = 0, .noise = 0, .pairs = pairs, .label_noise = label_noise}; }

std::vector<NetworkSetting> online_settings(lab::RunScale scale) {
  const int64_t rounds = scale == lab::RunScale::paper ? 1 << 22 : 1 << 18;
  std::vector<Condition> conditions = {online_condition(), online_condition(0.1)};
  if (scale != lab::RunScale::quick)
    for (const Condition& more : {online_condition(0.02), online_condition(0, 1), online_condition(0.1, 1)}) conditions.push_back(more);
  std::vector<NetworkSetting> settings;
  for (const Condition& condition : conditions) {
    lab::Coordinates at = with_predictor(coordinates_of(condition), kOnline);
    at[kRounds] = std::to_string(rounds);
    settings.push_back({.at = std::move(at), .part = kOnline});
  }
  return settings;
}

lab::CellRecord play_online(const lab::Cell& cell) { return Play(cell).run(); }

}  // namespace manabi::study::in_weights
