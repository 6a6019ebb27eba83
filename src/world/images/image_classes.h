// Drawn characters as classes of a mixture: each one turned and mirrored in all eight ways, every way a class of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "world/images/drawings.h"
#include "world/pairs/class_looks.h"

namespace manabi::world {

// Which drawings of its character a class shows: the first alone, or a random one of all others.
enum class ShownDrawings { first, others };

class ImageClasses final : public ClassLooks {
 public:
  static constexpr int64_t kOrientations = 8;

  // Class numbers are dealt at random by the seed, so that the frequent classes of a mixture are any. Throws base::Error when others are to be
  // shown and there is one drawing of a character.
  ImageClasses(std::shared_ptr<const Drawings> drawings, ShownDrawings shown, uint64_t seed);

  int64_t classes() const override { return std::ssize(order_); }
  int64_t input_width() const override { return drawings_->side * drawings_->side; }
  // `into` [S, S]: 0 paper to 1 ink.
  void show(int64_t class_index, base::Rng& rng, std::span<float> into) const override;

 private:
  std::shared_ptr<const Drawings> drawings_;
  ShownDrawings shown_;
  std::vector<int64_t> order_;  // of each class: character * orientations + orientation
};

}  // namespace manabi::world
