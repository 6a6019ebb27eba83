// From its context or from its weights? Chan, Chen, György and Schuurmans (2024): a small transformer sees frequent and rare classes of noisy
// vectors, in contexts that mostly hold the query's class. Which of its two sources does it answer from, as the data set grows?
#include <algorithm>
#include <iterator>
#include <memory>

#include "model/network/pairs/pair_network.h"
#include "study/in_weights/claims.h"
#include "study/in_weights/conditions.h"
#include "study/in_weights/gate/gate.h"
#include "study/in_weights/gate/report.h"
#include "study/in_weights/omniglot/omniglot.h"
#include "study/in_weights/online/online.h"
#include "study/in_weights/online/report.h"
#include "study/in_weights/sections.h"
#include "study/training/pair_study.h"

namespace manabi::study {
namespace in_weights {
namespace {

const PairTrainingOptions kUsual = {};

class InWeights final : public PairStudy {
 public:
  explicit InWeights(Equipment& equipment) : PairStudy(equipment), drawn_(equipment) {}

  lab::StudyInfo info() const override {
    return {
        .name = "in-weights",
        .title = "From its context or from its weights?",
        .question =
            "A small transformer is trained on frequent and rare classes of noisy vectors, in contexts that mostly hold the query's class. "
            "Which of its two sources does it answer from, as the data set grows?",
        .paper =
            "Bryan Chan, Xinyi Chen, András György, Dale Schuurmans (2024): Toward Understanding In-context vs. In-weight Learning. ICLR 2025.",
        .link = "https://arxiv.org/abs/2410.23042",
        .reads_checkpoints = false};
  }

  void set_scale(lab::RunScale scale) override {
    scale_ = scale;
    options_ = kUsual;
    if (scale == lab::RunScale::paper) options_.steps = 50'000;
    drawn_.set_scale(scale);
  }

  base::OptionTable options() override {
    base::OptionTable all = options_.table();
    all.add_all(drawn_.options().table());
    return all;
  }
  std::vector<std::string> together() const override { return in_weights::together(); }
  std::vector<lab::Claim> claims(const lab::Records& records) const override;
  std::vector<lab::Section> sections(const lab::Records& records) const override;
  std::vector<lab::Cell> grid() override;
  lab::Records measure(std::span<const lab::Cell> group, lab::Workbench& bench) override;
  int64_t cost_of(std::span<const lab::Cell> group) const override;

 protected:
  std::vector<NetworkSetting> settings() const override;
  int64_t seeds() const override { return scale_ == lab::RunScale::quick ? 3 : 5; }
  int64_t questions_asked() const override { return options_.questions; }
  PairRunPlan plan_of(const lab::Coordinates& at) const override;
  double lr_of(const lab::Coordinates&) const override { return options_.lr; }
  std::string options_of(const lab::Coordinates& at) override;
  lab::Coordinates data_of(const lab::Coordinates& at) const override { return is_drawn(at) ? drawn_.data() : lab::Coordinates(); }
  std::shared_ptr<const world::PairWorld> training_world(const lab::Coordinates& at, uint64_t seed) const override {
    if (is_drawn(at)) return drawn_.training_world(at, seed);
    return std::make_shared<world::ClassMixtureWorld>(training_rows(at, seed));
  }
  std::vector<PairQuestion> questions(const lab::Coordinates& at, uint64_t seed) const override;
  std::vector<TakenParameters> taken_parameters(const lab::Coordinates& at) const override { return gate_takes(at); }
  std::vector<NetworkMetric> further_metrics(const lab::Coordinates& at) const override { return gate_metrics(at); }
  std::vector<std::vector<double>> measure_further(std::span<const lab::Cell> cells, const model::PairModel& model,
                                                   const tensor::ParameterBuffer& parameters) const override {
    return measure_gate(cells, model, parameters, options_.questions);
  }

 private:
  lab::RunScale scale_ = lab::RunScale::quick;
  PairTrainingOptions options_ = kUsual;
  DrawnExperiment drawn_;
};

// Each experiment goes by its own number of steps.
std::string InWeights::options_of(const lab::Coordinates& at) {
  nlohmann::ordered_json own = options_.table().to_json(/*only_value_changing=*/true);
  if (is_drawn(at)) {
    own.erase("steps");
    own.update(drawn_.options().table().to_json(/*only_value_changing=*/true));
  }
  return own.dump();
}

std::vector<NetworkSetting> InWeights::settings() const {
  std::vector<NetworkSetting> settings;
  for (const PlannedCondition& planned : conditions(scale_)) settings.push_back({.at = coordinates_of(planned.condition), .part = planned.part});
  for (const NetworkSetting& setting : gate_settings(scale_)) settings.push_back(setting);
  std::ranges::move(drawn_.settings(), std::back_inserter(settings));
  return settings;
}

// The online algorithm trains no network: its cells depend on none of the options.
std::vector<lab::Cell> InWeights::grid() {
  std::vector<lab::Cell> cells = PairStudy::grid();
  for (const NetworkSetting& setting : online_settings(scale_))
    std::ranges::move(cells_of(setting, equipment().training_inputs()), std::back_inserter(cells));
  return cells;
}

bool is_online(std::span<const lab::Cell> group) { return predictor_of(group.front().at) == kOnline; }

lab::Records InWeights::measure(std::span<const lab::Cell> group, lab::Workbench& bench) {
  if (!is_online(group)) return PairStudy::measure(group, bench);
  lab::Records records;
  for (const lab::Cell& cell : group) {
    bench.watch.throw_if_cancelled();
    records.push_back(play_online(cell));
  }
  return records;
}

// In tokens, as trainings are counted.
int64_t InWeights::cost_of(std::span<const lab::Cell> group) const {
  if (!is_online(group)) return PairStudy::cost_of(group);
  return std::ssize(group) * 1'000'000;
}

std::vector<lab::Claim> InWeights::claims(const lab::Records& records) const {
  std::vector<lab::Claim> claims = claims_of(drawn_records(records_of(records, ""), false));
  for (const std::vector<lab::Claim>& more : {gate_claims(records), online_claims(records), drawn_claims(drawn_records(records, true))})
    claims.insert(claims.end(), more.begin(), more.end());
  return claims;
}

std::vector<lab::Section> InWeights::sections(const lab::Records& records) const {
  std::vector<lab::Section> sections;
  for (std::vector<lab::Section> some : {sections_of(drawn_records(records_of(records, ""), false)), gate_sections(records),
                                         online_sections(records), drawn_sections(drawn_records(records, true))})
    std::ranges::move(some, std::back_inserter(sections));
  return sections;
}

// Two blocks, one head; the input is the token itself; an input and its label share a position (section 4).
PairRunPlan InWeights::plan_of(const lab::Coordinates& at) const {
  if (!predictor_of(at).empty()) return gate_plan(at, options_);
  if (is_drawn(at)) return drawn_.plan_of(options_);
  const world::ClassMixtureConfig world = in_weights::training_world(condition_at(at), 0);
  const model::PairNetworkConfig network = {.decoder = {.layers = 2, .width = world.input_width, .heads = 1},
                                            .pairs = world.pairs,
                                            .input_width = world.input_width,
                                            .labels = world.classes(),
                                            .positions = model::Positions::sinusoidal,
                                            .pairs_share_positions = true,
                                            .maps_inputs = false};
  return {.model = [network](tensor::ParameterPlan& plan, const auto&) { return std::make_unique<model::PairNetwork>(network, plan); },
          .model_made_of = model::described(network),
          .pairs = world.pairs,
          .batch = options_.batch,
          .steps = options_.steps,
          .measured_after = evenly_spaced(options_.steps, 4)};
}

std::vector<PairQuestion> InWeights::questions(const lab::Coordinates& at, uint64_t seed) const {
  if (is_drawn(at)) return drawn_.questions(at, seed);
  std::vector<PairQuestion> asked;
  for (const Question& question : in_weights::questions())
    asked.push_back(
        {.at = question.at(), .world = std::make_shared<world::ClassMixtureWorld>(question_world(condition_at(at), seed, question))});
  return asked;
}

}  // namespace
}  // namespace in_weights

std::unique_ptr<lab::Study> make_in_weights(Equipment& equipment) { return std::make_unique<in_weights::InWeights>(equipment); }

}  // namespace manabi::study
