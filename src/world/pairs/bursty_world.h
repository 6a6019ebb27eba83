// Bursty rows of labelled vectors: the query's class, and often a distractor, occur several times in the context (Chan et al. 2022; Singh et al.
// 2023, 2025). Training draws them with every class's own label; an evaluation is the same world under other settings: it takes the query's
// class out of the context (only the weights can answer) or gives the two classes other labels (only the context can).
//
//   classes of a row  ->  their inputs
//                     ->  their labels
//
// The three stages draw from streams of their own: worlds that differ in the labels alone show the same inputs.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/random.h"
#include "world/pairs/class_inputs.h"
#include "world/pairs/class_law.h"
#include "world/pairs/pair_world.h"

namespace manabi::world {

// The second class of a bursty row. any: drawn as the query's is, so that both may be the same (Chan); other: never the same (Singh).
enum class Distractor { none, any, other };
// The places that no burst fills. any: drawn independently; not_query: given that the query's class is not drawn; distinct: no class twice in
// the rest, and none of the row's others.
enum class Rest { any, not_query, distinct };
enum class ClassPool { trained, holdout };
// own: the class's. binary: the two classes of the row are 0 and 1, either way round; these ids belong to trained classes, so accuracy among the
// labels of the context is to be told from accuracy among all. swapped: the two classes have each other's. copied: the class's own, but a random
// pair of the context, of another class, carries the query's label. paired: the two classes of the row have the labels of one of `label_pairs`,
// either way round, so that a class has no label of its own.
enum class LabelMap { own, binary, swapped, copied, paired };

using LabelPair = std::pair<int64_t, int64_t>;

struct BurstyConfig {
  int64_t pairs = 8;          // K
  double bursty_share = 0.9;  // of rows; the others have no burst
  int64_t burst = 3;          // copies of the query's class in the context, and of the distractor
  Distractor distractor = Distractor::any;
  Rest rest = Rest::any;
  double zipf_exponent = 0;  // of the trained classes, the last the most frequent; holdout classes are equally frequent
  ClassPool pool = ClassPool::trained;
  LabelMap label_map = LabelMap::own;
  int64_t labels_per_class = 1;             // class c owns labels c * n to c * n + n - 1 and shows one of them throughout a row
  std::vector<LabelPair> label_pairs = {};  // of paired, each drawn equally often
  int64_t paired_labels = 0;                // how many labels there are under paired
  bool evaluation = false;                  // rows that no training world draws, whatever its settings
  uint64_t seed = 0;                        // of rows; the classes have their own
};

// The published evaluations of a training configuration, with its classes, class law and number of pairs.
BurstyConfig in_weight_evaluation(BurstyConfig training, Rest rest = Rest::distinct);  // the query's class is not in the context
BurstyConfig in_context_evaluation(BurstyConfig training, ClassPool pool);             // two classes called 0 and 1
BurstyConfig flip_evaluation(BurstyConfig training);                                   // two classes with each other's labels
BurstyConfig copy_evaluation(BurstyConfig training);  // as in_weight_evaluation, but the right label is among the context's

class BurstyWorld final : public PairWorld {
 public:
  // Throws base::Error for settings that contradict each other or ask for more classes than there are.
  BurstyWorld(std::shared_ptr<const ClassInputs> inputs, BurstyConfig config);

  // Labels are 0 to (classes + holdout) * labels_per_class - 1.
  PairShape shape() const override;
  void draw(int64_t step, int64_t row, PairRow into) const override;

 private:
  void check_numbers() const;
  void check_classes() const;
  void check_label_map() const;
  void check_label_pairs() const;
  bool has_bursts() const { return config_.bursty_share > 0 && config_.burst > 0; }
  int64_t burst_classes() const { return config_.distractor == Distractor::none ? 1 : 2; }

  void choose_classes(base::Rng rng, std::span<int64_t> classes) const;
  size_t place_bursts(base::Rng& rng, std::span<int64_t> classes) const;
  int64_t draw_rest(base::Rng& rng, std::span<const int64_t> chosen) const;
  void write_inputs(base::Rng rng, std::span<const int64_t> classes, std::span<float> inputs) const;
  void map_labels(base::Rng rng, std::span<int64_t> labels) const;
  void show_own_labels(const base::Rng& rng, std::span<int64_t> labels) const;

  std::shared_ptr<const ClassInputs> inputs_;
  BurstyConfig config_;
  ClassLaw law_;         // over the pool
  int64_t first_class_;  // of the pool
  base::Rng rows_;
};

}  // namespace manabi::world
