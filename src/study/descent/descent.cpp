// Is in-context learning gradient descent? von Oswald et al. (2023): attention with nothing around it on linear regression, beside the steps of
// descent that it can be built to make. Akyürek et al. (2023): decoders on the same, beside the estimators of statistics.
#include <algorithm>
#include <memory>
#include <vector>

#include "study/descent/estimators.h"
#include "study/descent/experiment.h"
#include "study/descent/report.h"

namespace manabi::study {
namespace descent {
namespace {

class Descent final : public ValueStudy {
 public:
  explicit Descent(Equipment& equipment) : ValueStudy(equipment) {
    experiments_.push_back(attention_experiment());
    experiments_.push_back(estimator_experiment());
  }

  lab::StudyInfo info() const override {
    return {
        .name = "descent",
        .title = "Is in-context learning gradient descent?",
        .question =
            "Networks are trained to tell a linear function's value from examples of it. Do they tell what steps of gradient descent on these "
            "examples would tell, and if not, which estimator's answer?",
        .paper =
            "Johannes von Oswald, Eyvind Niklasson, Ettore Randazzo, João Sacramento, Alexander Mordvintsev, Andrey Zhmoginov, Max Vladymyrov "
            "(2023): Transformers Learn In-Context by Gradient Descent. ICML 2023. Ekin Akyürek, Dale Schuurmans, Jacob Andreas, Tengyu Ma, "
            "Denny Zhou (2023): What Learning Algorithm Is In-Context Learning? ICLR 2023.",
        .link = "https://arxiv.org/abs/2212.07677",
        .reads_checkpoints = false};
  }

  void set_scale(lab::RunScale scale) override {
    scale_ = scale;
    for (const auto& experiment : experiments_) experiment->set_scale(scale);
  }
  base::OptionTable options() override {
    base::OptionTable all;
    for (const auto& experiment : experiments_) all.add_all(experiment->options());
    return all;
  }
  std::vector<std::string> together() const override { return {lab::kSeed}; }
  std::vector<lab::Claim> claims(const lab::Records& records) const override { return descent::claims(records); }
  std::vector<lab::Section> sections(const lab::Records& records) const override { return descent::sections(records); }

 protected:
  std::vector<NetworkSetting> settings() const override {
    std::vector<NetworkSetting> all;
    for (const auto& experiment : experiments_) std::ranges::move(experiment->settings(), std::back_inserter(all));
    return all;
  }
  int64_t seeds() const override { return scale_ == lab::RunScale::quick ? 3 : 5; }
  ValueRunPlan plan_of(const lab::Coordinates& at) const override { return of(at).plan_of(at); }
  double lr_of(const lab::Coordinates& at) const override { return of(at).lr_of(at); }
  std::shared_ptr<const world::ValueWorld> training_world(const lab::Coordinates& at, uint64_t seed) const override {
    return of(at).training_world(at, seed);
  }
  // Each experiment goes by its own.
  std::string options_of(const lab::Coordinates& at) override { return of(at).options().to_json(/*only_value_changing=*/true).dump(); }
  std::vector<NetworkMetric> metrics_of(const lab::Cell& cell) const override { return of(cell.at).metrics(cell.at); }
  Measure measure_of(const Cells& cells) const override {
    return [this, cells](const model::ValueModel& model, const tensor::ParameterBuffer& parameters) {
      std::vector<std::vector<double>> values;
      for (size_t replica = 0; replica < cells.size(); ++replica)
        values.push_back(of(cells[replica].at).measure(cells[replica], model, parameters, static_cast<int64_t>(replica)));
      return values;
    };
  }
  std::string measure_name(const lab::Coordinates& at) const override {
    return info().name + " " + std::to_string(info().version) + ", " + of(at).options().to_json(/*only_value_changing=*/true).dump();
  }
  std::vector<lab::Row> references(const lab::Cell& cell) const override { return of(cell.at).references(cell); }

 private:
  Experiment& of(const lab::Coordinates& at) const {
    return **std::ranges::find(experiments_, lab::text_at(at, kExperiment), [](const auto& experiment) { return experiment->name(); });
  }

  std::vector<std::unique_ptr<Experiment>> experiments_;
  lab::RunScale scale_ = lab::RunScale::quick;
};

}  // namespace
}  // namespace descent

std::unique_ptr<lab::Study> make_descent(Equipment& equipment) { return std::make_unique<descent::Descent>(equipment); }

}  // namespace manabi::study
