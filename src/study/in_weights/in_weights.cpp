// From its context or from its weights? Chan, Chen, György and Schuurmans (2024): a small transformer sees frequent and rare classes of noisy
// vectors, in contexts that mostly hold the query's class. Which of its two sources does it answer from, as the data set grows?
#include <memory>

#include "model/network/pairs/pair_network.h"
#include "study/in_weights/claims.h"
#include "study/in_weights/conditions.h"
#include "study/in_weights/sections.h"
#include "study/training/pair_study.h"

namespace manabi::study {
namespace in_weights {
namespace {

const PairTrainingOptions kUsual = {};

class InWeights final : public PairStudy {
 public:
  explicit InWeights(Equipment& equipment) : PairStudy(equipment) {}

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
  }

  base::OptionTable options() override { return options_.table(); }
  std::vector<std::string> together() const override { return in_weights::together(); }
  std::vector<lab::Claim> claims(const lab::Records& records) const override { return claims_of(records); }
  std::vector<lab::Section> sections(const lab::Records& records) const override { return sections_of(records); }

 protected:
  std::vector<PairSetting> settings() const override;
  int64_t seeds() const override { return scale_ == lab::RunScale::quick ? 3 : 5; }
  int64_t questions_asked() const override { return options_.questions; }
  PairRunPlan plan_of(const lab::Coordinates& at) const override;
  double lr_of(const lab::Coordinates&) const override { return options_.lr; }
  std::shared_ptr<const world::PairWorld> training_world(const lab::Coordinates& at, uint64_t seed) const override {
    return std::make_shared<world::ClassMixtureWorld>(in_weights::training_world(condition_at(at), seed));
  }
  std::vector<PairQuestion> questions(const lab::Coordinates& at, uint64_t seed) const override;

 private:
  lab::RunScale scale_ = lab::RunScale::quick;
  PairTrainingOptions options_ = kUsual;
};

std::vector<PairSetting> InWeights::settings() const {
  std::vector<PairSetting> settings;
  for (const PlannedCondition& planned : conditions(scale_)) settings.push_back({.at = coordinates_of(planned.condition), .part = planned.part});
  return settings;
}

// Two blocks, one head; the input is the token itself; an input and its label share a position (section 4).
PairRunPlan InWeights::plan_of(const lab::Coordinates& at) const {
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
