// Does in-context learning last? Singh, Chan, Moskovitz, Grant, Saxe and Hill (2023) found that it can fade while training goes on; Singh,
// Moskovitz, Dragutinović, Hill, Chan and Saxe (2025) made it small enough to watch the race between context and weights; Singh, Moskovitz,
// Hill, Chan and Saxe (2024) looked at the heads that make it.
#include <algorithm>
#include <iterator>
#include <memory>

#include "study/training/pair_study.h"
#include "study/transience/induction.h"
#include "study/transience/race.h"

namespace manabi::study {
namespace transience {
namespace {

struct Options {
  int64_t batch = 32;
  int64_t questions = 2000;
  int64_t steps = 0;
};

class Transience final : public PairStudy {
 public:
  explicit Transience(Equipment& equipment) : PairStudy(equipment) {}

  lab::StudyInfo info() const override {
    return {
        .name = "transience",
        .title = "Does in-context learning last?",
        .question =
            "A small attention-only network is trained on rows of which its context or its weights could tell the answer. Which comes first, "
            "does it stay, and which heads do it?",
        .paper =
            "Aaditya Singh, Ted Moskovitz, Sara Dragutinović, Felix Hill, Stephanie Chan, Andrew Saxe (2025): Strategy Coopetition Explains the "
            "Emergence and Transience of In-Context Learning. ICML 2025.",
        .link = "https://arxiv.org/abs/2503.05631",
        .reads_checkpoints = false,
        .version = 2};
  }

  void set_scale(lab::RunScale scale) override {
    scale_ = scale;
    options_ = Options{};
  }

  base::OptionTable options() override {
    using base::Changes;
    base::OptionTable table;
    table.add(
        {.name = "batch", .help = "rows of one step", .target = &options_.batch, .changes = Changes::value, .least = 1, .most = 1'000'000});
    table.add({.name = "questions",
               .help = "new rows on which each question is asked",
               .target = &options_.questions,
               .changes = Changes::value,
               .least = 1,
               .most = 10'000'000});
    table.add({.name = "steps",  // a coordinate of every cell
               .help = "of every training; 0 = each setting's own, which the claims read",
               .target = &options_.steps,
               .least = 0,
               .most = 1'000'000'000});
    return table;
  }

  std::vector<std::string> together() const override { return {lab::kSeed}; }

  std::vector<lab::Claim> claims(const lab::Records& records) const override {
    std::vector<lab::Claim> claims = race_claims(induction_records(records, false));
    std::ranges::move(induction_claims(induction_records(records, true)), std::back_inserter(claims));
    return claims;
  }
  std::vector<lab::Section> sections(const lab::Records& records) const override {
    std::vector<lab::Section> sections = race_sections(induction_records(records, false));
    std::ranges::move(induction_sections(induction_records(records, true)), std::back_inserter(sections));
    return sections;
  }

 protected:
  std::vector<NetworkSetting> settings() const override {
    std::vector<NetworkSetting> settings = race_.settings(scale_, options_.steps);
    settings.push_back(induction_setting(options_.steps));
    return settings;
  }
  int64_t seeds() const override { return scale_ == lab::RunScale::quick ? 1 : 3; }
  int64_t questions_asked() const override { return options_.questions; }
  PairRunPlan plan_of(const lab::Coordinates& at) const override {
    return is_induction(at) ? induction_plan(at, options_.batch) : race_.plan_of(at, options_.batch);
  }
  double lr_of(const lab::Coordinates& at) const override { return lab::number_at(at, "lr"); }
  std::shared_ptr<const world::PairWorld> training_world(const lab::Coordinates& at, uint64_t seed) const override {
    return is_induction(at) ? induction_world(at, seed) : race_.training_world(at, seed);
  }
  std::vector<PairQuestion> questions(const lab::Coordinates& at, uint64_t seed) const override {
    return is_induction(at) ? induction_questions(at, seed) : race_.questions(at, seed);
  }
  std::vector<NetworkMetric> further_metrics(const lab::Coordinates& at) const override {
    return is_induction(at) ? induction_metrics() : std::vector<NetworkMetric>();
  }
  std::vector<std::vector<double>> measure_further(std::span<const lab::Cell> cells, const model::PairModel& model,
                                                   const tensor::ParameterBuffer& parameters) const override {
    return is_induction(cells.front().at) ? measure_induction(cells, model, parameters) : std::vector<std::vector<double>>();
  }

 private:
  lab::RunScale scale_ = lab::RunScale::quick;
  Options options_;
  Race race_;
};

}  // namespace
}  // namespace transience

std::unique_ptr<lab::Study> make_transience(Equipment& equipment) { return std::make_unique<transience::Transience>(equipment); }

}  // namespace manabi::study
