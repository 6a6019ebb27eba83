// The generator behind "The mechanistic basis of data dependence and abrupt learning in an in-context classification task" (Reddy 2023): labels
// are vectors, far fewer than classes, and a share of the rows shows classes that exist for one batch only.
//
// The paper's letters: N pairs, L labels, K classes, D input_width, B burst, p_B bursty_share, p_C novel_share, alpha zipf_exponent, epsilon
// noise.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "world/pairs/class_law.h"
#include "world/pairs/pair_world.h"

namespace manabi::world {

struct AbruptConfig {
  int64_t pairs = 8;
  int64_t labels = 32;
  int64_t classes = 1024;  // class k (from 0) has label k mod labels
  int64_t input_width = 63;
  double bursty_share = 1;  // of the rows that are not novel: pairs / burst classes, each shown burst times, the query's among them
  double novel_share = 0;   // of rows: bursty over classes that are drawn anew for every batch
  int64_t burst = 1;
  bool distinct_labels = true;  // of a bursty row's classes, which are then drawn uniformly; false: independently by the class law
  double zipf_exponent = 0;     // of the class law, class 0 the most frequent
  double noise = 0.1;
  int64_t novel_classes = 128;  // of a batch
  bool target_absent = false;   // rows without bursts do not show the query's class by chance
  bool shifted_labels = false;  // every label of a row is replaced by the next, modulo labels: the query's can only be read off the context
  int64_t most_pairs = 32;      // for which a network has positions
  bool evaluation = false;      // rows and novel classes that no training world draws, whatever its settings
  uint64_t seed = 0;
};

// The published evaluations of a training configuration.
AbruptConfig in_weight_evaluation(AbruptConfig training);      // IWL: no bursts, the query's class not in the context
AbruptConfig in_context_evaluation(AbruptConfig training);     // IC: novel classes only
AbruptConfig shifted_label_evaluation(AbruptConfig training);  // IC2: known classes under the next label

class AbruptWorld final : public PairWorld {
 public:
  // Throws base::Error for settings that contradict each other. Worlds of one seed, labels, classes and input_width agree on the classes.
  explicit AbruptWorld(AbruptConfig config);

  PairShape shape() const override;
  void draw(int64_t step, int64_t row, PairRow into) const override;

  // What the tokens of labels and the known classes are made of: entries N(0, 1 / I).
  std::span<const float> label_vectors() const { return label_vectors_; }  // [labels, I]
  std::span<const float> class_means() const { return class_means_; }      // [classes, I]

  // The row's tokens stand at positions offset to offset + 2 * pairs of `positions`; uniform over the offsets that fit.
  int64_t positions() const { return 2 * config_.most_pairs + 1; }
  int64_t offset(int64_t step, int64_t row) const override;

 private:
  // The classes that a row draws from.
  enum class Kind { known, novel };

  Kind choose_classes(base::Rng rng, std::span<int64_t> classes) const;
  void choose_bursty(base::Rng& rng, Kind kind, std::span<int64_t> classes) const;
  void choose_separately(base::Rng& rng, std::span<int64_t> classes) const;
  void choose_distinct_labels(base::Rng& rng, int64_t available, std::span<int64_t> classes) const;
  void write_inputs(base::Rng rng, const base::Rng& novel, Kind kind, std::span<const int64_t> classes, std::span<float> inputs) const;
  base::Rng stream_of(int64_t step, int64_t row) const;

  AbruptConfig config_;
  ClassLaw law_;
  base::Rng rows_;
  base::Rng novel_;
  std::vector<float> label_vectors_;
  std::vector<float> class_means_;
};

}  // namespace manabi::world
