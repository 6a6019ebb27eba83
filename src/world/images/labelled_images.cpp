#include "world/images/labelled_images.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>

#include "base/format/idx.h"
#include "base/hash.h"
#include "world/require.h"

namespace manabi::world {
namespace {

constexpr int64_t kMnistSide = 28, kMnistImages = 10'000, kMnistClasses = 10, kHeldOutEvery = 5;
constexpr const char* kImagesFile = "t10k-images-idx3-ubyte.gz";
constexpr const char* kLabelsFile = "t10k-labels-idx1-ubyte.gz";

std::string path_of(const std::string& data_folder, const char* file) { return (std::filesystem::path(data_folder) / "mnist" / file).string(); }

void add(LabelledImages& images, int64_t class_index, std::span<const uint8_t> pixels) {
  images.of_class[static_cast<size_t>(class_index)].push_back(std::ssize(images.inputs) / images.input_width);
  images.inputs.insert(images.inputs.end(), pixels.begin(), pixels.end());
}

LabelledImages empty_like(const std::string& name, const std::string& source, int64_t side, int64_t classes) {
  return {
      .name = name, .source = source, .input_width = side * side, .of_class = std::vector<std::vector<int64_t>>(static_cast<size_t>(classes))};
}

// Both parts by the mean and deviation of the first.
SplitImages standardised(LabelledImages training, LabelledImages held_out) {
  double sum = 0, squares = 0;
  for (const float value : training.inputs) sum += value, squares += double{value} * value;
  const auto count = static_cast<double>(training.inputs.size());
  const double mean = sum / count, deviation = std::sqrt(squares / count - mean * mean);
  require(deviation > 0, {.where = training.name, .given = "images that are all alike", .expected = "images with something on them"});
  for (LabelledImages* part : {&training, &held_out})
    for (float& value : part->inputs) value = static_cast<float>((value - mean) / deviation);
  return {.training = std::make_shared<const LabelledImages>(std::move(training)),
          .held_out = std::make_shared<const LabelledImages>(std::move(held_out))};
}

}  // namespace

std::string LabelledImages::hash() const {
  std::string parts = name + '\0' + std::to_string(input_width) + '\0' + base::sha256(std::as_bytes(std::span(inputs)));
  for (const std::vector<int64_t>& images : of_class) parts += base::sha256(std::as_bytes(std::span(images)));
  return base::sha256(parts);
}

bool has_mnist(const std::string& data_folder) {
  return !data_folder.empty() && std::filesystem::exists(path_of(data_folder, kImagesFile)) &&
         std::filesystem::exists(path_of(data_folder, kLabelsFile));
}

SplitImages read_mnist(const std::string& data_folder, int64_t side, int64_t classes) {
  require(classes >= 2 && classes <= kMnistClasses, {.where = "MNIST", .given = fmt::format("{} classes", classes), .expected = "2 to 10"});
  const std::string images_path = path_of(data_folder, kImagesFile), labels_path = path_of(data_folder, kLabelsFile);
  const base::IdxArray images = base::read_idx(images_path, kMnistImages * kMnistSide * kMnistSide);
  const base::IdxArray labels = base::read_idx(labels_path, kMnistImages);
  require(images.sizes == std::vector<int64_t>{kMnistImages, kMnistSide, kMnistSide},
          {.where = images_path, .given = fmt::format("{} sizes", images.sizes.size()), .expected = "10,000 images of 28 x 28"});
  require(labels.sizes == std::vector<int64_t>{kMnistImages},
          {.where = labels_path, .given = fmt::format("{} labels", labels.values.size()), .expected = "10,000"});
  const std::string source = "MNIST, test set (LeCun, Cortes and Burges)";
  LabelledImages training = empty_like("digits", source, side, classes), held_out = empty_like("digits", source, side, classes);
  std::vector<int64_t> seen(kMnistClasses);
  for (size_t image = 0; image < labels.values.size(); ++image) {
    const uint8_t digit = labels.values[image];
    require(digit < kMnistClasses, {.where = labels_path, .given = fmt::format("label {}", digit), .expected = "0 to 9"});
    if (digit >= classes) continue;
    constexpr size_t kPixels = kMnistSide * kMnistSide;
    const bool is_held_out = seen[digit]++ % kHeldOutEvery == kHeldOutEvery - 1;
    add(is_held_out ? held_out : training, digit, area_scaled(std::span(images.values).subspan(image * kPixels, kPixels), kMnistSide, side));
  }
  return standardised(std::move(training), std::move(held_out));
}

SplitImages split(const Drawings& drawings, int64_t training_exemplars) {
  require(training_exemplars >= 1 && training_exemplars < drawings.exemplars,
          {.where = drawings.name,
           .given = fmt::format("{} of {} drawings for training", training_exemplars, drawings.exemplars),
           .expected = "some drawings on either side"});
  const auto characters = static_cast<int64_t>(drawings.characters.size());
  LabelledImages training = empty_like(drawings.name, drawings.source, drawings.side, characters);
  LabelledImages held_out = empty_like(drawings.name, drawings.source, drawings.side, characters);
  for (int64_t character = 0; character < characters; ++character)
    for (int64_t exemplar = 0; exemplar < drawings.exemplars; ++exemplar)
      add(exemplar < training_exemplars ? training : held_out, character, drawings.drawing(character, exemplar));
  return standardised(std::move(training), std::move(held_out));
}

}  // namespace manabi::world
