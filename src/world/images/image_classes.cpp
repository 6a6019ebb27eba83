#include "world/images/image_classes.h"

#include <fmt/format.h>

#include <utility>

#include "world/require.h"

namespace manabi::world {
namespace {

// Where a pixel of an orientation is read from: its bits mean transposed, rows mirrored, columns mirrored.
size_t source_of(int64_t row, int64_t column, int64_t orientation, int64_t side) {
  if (orientation & 1) std::swap(row, column);
  if (orientation & 2) row = side - 1 - row;
  if (orientation & 4) column = side - 1 - column;
  return static_cast<size_t>(row * side + column);
}

}  // namespace

ImageClasses::ImageClasses(std::shared_ptr<const Drawings> drawings, ShownDrawings shown, uint64_t seed)
    : drawings_(std::move(drawings)),
      shown_(shown),
      order_(base::Rng(seed).child("image classes").permutation(kOrientations * std::ssize(drawings_->characters))) {
  require(shown == ShownDrawings::first || drawings_->exemplars >= 2,
          {.where = drawings_->name,
           .given = fmt::format("{} drawing of each character", drawings_->exemplars),
           .expected = "two or more, to ask about others than training shows"});
}

void ImageClasses::show(int64_t class_index, base::Rng& rng, std::span<float> into) const {
  const int64_t number = order_[static_cast<size_t>(class_index)], side = drawings_->side;
  const int64_t exemplar =
      shown_ == ShownDrawings::first ? 0 : 1 + static_cast<int64_t>(rng.below(static_cast<uint64_t>(drawings_->exemplars - 1)));
  const std::span<const uint8_t> ink = drawings_->drawing(number / kOrientations, exemplar);
  float* value = into.data();
  for (int64_t row = 0; row < side; ++row)
    for (int64_t column = 0; column < side; ++column)
      *value++ = static_cast<float>(ink[source_of(row, column, number % kOrientations, side)]) / 255;
}

}  // namespace manabi::world
