// Frequent and rare classes of noisy vectors, in contexts that hold the query's class or do not (Chan, Chen, György and Schuurmans 2024,
// section 4: the data on which a transformer chooses between its context and its weights).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/random.h"
#include "world/pairs/class_looks.h"
#include "world/pairs/pair_world.h"

namespace manabi::world {

// Which classes the query is drawn from.
enum class QueryClasses { all, high, low };

struct ClassMixtureConfig {
  int64_t high_classes = 5;  // C_H: labels 0 to C_H - 1
  int64_t low_classes = 5;   // C_L: the labels after them
  int64_t input_width = 64;
  int64_t pairs = 1;            // L
  double high_share = 0.9;      // of the draws that a high class gets, p_high
  double relevant_share = 0.9;  // of rows whose context holds the query's class, p_rel
  int64_t relevant_pairs = 0;   // exactly so many in a relevant row; 0: at least one, as the class law gives
  double noise = 0.2;           // standard deviation of every coordinate about its class's unit vector
  double label_noise = 0;       // share of labels that are the next class's instead
  int64_t rows = 0;             // N: rows of a finite data set, drawn from with replacement; 0: every row is new
  QueryClasses query = QueryClasses::all;
  bool shifts_labels = false;  // every label is the next one of its frequency group: only the context tells it
  uint64_t class_seed = 0;     // of the classes' vectors
  uint64_t row_seed = 0;       // of all else

  int64_t classes() const { return high_classes + low_classes; }
};

class ClassMixtureWorld final : public PairWorld {
 public:
  // Throws base::Error for shares outside [0, 1], more relevant pairs than pairs, a high class rarer than a low one, fewer rows than classes.
  explicit ClassMixtureWorld(const ClassMixtureConfig& config);
  // The same over classes that look as they are given, in place of unit vectors; class_seed means nothing then. Throws base::Error when they
  // are not as many, or not as wide, as the configuration says.
  ClassMixtureWorld(const ClassMixtureConfig& config, std::shared_ptr<const ClassLooks> looks);

  PairShape shape() const override { return {.pairs = config_.pairs, .input_width = config_.input_width, .labels = config_.classes()}; }
  void draw(int64_t step, int64_t row, PairRow into) const override;

  // Row n of the data set: the same whatever step asks for it.
  void draw_row(int64_t number, PairRow into) const;
  // Row n as it is without noise, by its classes in place of their vectors: classes and labels, [K + 1] each.
  void draw_classes(int64_t number, std::span<int64_t> classes, std::span<int64_t> labels) const;
  // The unit vector of a class, [I]; of a world without looks of its own.
  std::span<const float> prototype(int64_t label) const;
  const ClassMixtureConfig& config() const { return config_; }

 private:
  // The classes of the row's items, the query's last, and what of the stream is left.
  base::Rng draw_items(int64_t number, std::span<int64_t> classes) const;
  void make_prototypes();
  void show(int64_t label, base::Rng& rng, std::span<float> into) const;
  int64_t draw_class(base::Rng& rng) const;
  int64_t draw_other_class(base::Rng& rng, int64_t than) const;
  int64_t draw_query(base::Rng& rng, int64_t number) const;
  void draw_context(base::Rng& rng, int64_t query, std::span<int64_t> classes) const;
  void draw_relevant_context(base::Rng& rng, int64_t query, std::span<int64_t> classes) const;
  int64_t shown_label(base::Rng& rng, int64_t label) const;

  ClassMixtureConfig config_;
  std::shared_ptr<const ClassLooks> looks_;  // or null: unit vectors
  std::vector<float> prototypes_;            // [C, I] of unit vectors
  std::vector<int64_t> rows_of_classes_;     // of a finite data set: the row whose query is class c, so that each is one at least once
};

}  // namespace manabi::world
