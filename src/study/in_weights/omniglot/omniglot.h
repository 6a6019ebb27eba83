// The same question on drawn characters (the paper's Omniglot experiment): twenty frequent classes among nearly two thousand, images that a
// residual network turns into tokens, and queries that show other drawings than training did.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lab/claim.h"
#include "lab/report.h"
#include "study/in_weights/conditions.h"
#include "study/training/pair_study.h"
#include "world/images/image_classes.h"

namespace manabi::study::in_weights {

struct DrawnCondition {
  std::string drawings = "omniglot";  // or the built-in set
  int64_t rows = 10'000;              // N
  double noise = 0.1;                 // standard deviation of every pixel, ink 1
  double relevant_share = 0.9;

  bool operator==(const DrawnCondition&) const = default;
};

lab::Coordinates coordinates_of(const DrawnCondition& condition);
DrawnCondition drawn_condition_at(const lab::Coordinates& at);
// Whether these are the coordinates of a cell of this experiment.
bool is_drawn(const lab::Coordinates& at);
// The records of this experiment, or those of all others.
lab::Records drawn_records(const lab::Records& records, bool drawn);

// A question is one of the study's, about the drawings that training showed or about others.
struct DrawnQuestion {
  Question question;
  world::ShownDrawings drawings;

  lab::Coordinates at() const;
};

const std::vector<DrawnQuestion>& drawn_questions();

struct DrawnOptions {
  int64_t image_steps = 15'000;
  int64_t image_warm_up = 4000;
  int64_t image_side = 28;

  base::OptionTable table();
};

class DrawnExperiment {
 public:
  explicit DrawnExperiment(Equipment& equipment) : equipment_(equipment) {}

  void set_scale(lab::RunScale scale);
  DrawnOptions& options() { return options_; }
  const DrawnOptions& options() const { return options_; }

  // None at the quick scale.
  std::vector<NetworkSetting> settings() const;
  // Of the drawings, which are read when they are first asked for.
  lab::Coordinates data() const;
  PairRunPlan plan_of(const PairTrainingOptions& usual) const;
  std::shared_ptr<const world::PairWorld> training_world(const lab::Coordinates& at, uint64_t seed) const;
  std::vector<PairQuestion> questions(const lab::Coordinates& at, uint64_t seed) const;

 private:
  world::ClassMixtureConfig mixture(const DrawnCondition& condition, uint64_t seed) const;
  std::shared_ptr<const world::Drawings> drawings() const;

  Equipment& equipment_;
  lab::RunScale scale_ = lab::RunScale::quick;
  DrawnOptions options_;
  mutable std::shared_ptr<const world::Drawings> drawings_;  // of the side that was asked for last
  mutable std::string hash_;                                 // theirs
};

// From the records of this experiment alone. Margins were fixed before any full run; no value of the paper's is known, so directions only.
std::vector<lab::Claim> drawn_claims(const lab::Records& records);
std::vector<lab::Section> drawn_sections(const lab::Records& records);

}  // namespace manabi::study::in_weights
