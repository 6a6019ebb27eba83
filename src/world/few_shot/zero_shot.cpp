#include "world/few_shot/zero_shot.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/random.h"

namespace manabi::world {
namespace {

const PromptTemplate& template_of(const Dataset& dataset, int64_t index) {
  if (index >= 0 && index < std::ssize(dataset.natural)) return dataset.natural[static_cast<size_t>(index)];
  throw base::Error({.where = "template of " + dataset.name,
                     .given = std::to_string(index),
                     .expected = fmt::format("0 to {}", std::ssize(dataset.natural) - 1)});
}

}  // namespace

ZeroShot::ZeroShot(std::shared_ptr<const Dataset> dataset, int64_t template_index)
    : dataset_(std::move(dataset)),
      phrasing_(template_of(*dataset_, template_index), dataset_->field_names),
      labels_(template_of(*dataset_, template_index).label_words) {}

Episode ZeroShot::episode(const Example& example) const {
  const Prompt prompt = phrasing_.prompt({}, example, WhiteSpace::clean);
  Episode episode{.id = example.id, .context = prompt.context, .target = example.label};
  for (const std::string& label : labels_) episode.choices.push_back(prompt.gap + label);
  return episode;
}

std::vector<Episode> ZeroShot::episodes(std::span<const Example> examples) const {
  std::vector<Episode> all;
  for (const Example& example : examples) all.push_back(episode(example));
  return all;
}

std::vector<Example> balanced_sample(std::span<const Example> examples, int64_t classes, int64_t count, uint64_t seed) {
  base::Rng rng = base::Rng(seed).child("sample");
  std::vector<std::vector<const Example*>> of_class(static_cast<size_t>(classes));
  for (const int64_t index : rng.permutation(std::ssize(examples))) {
    const Example& example = examples[static_cast<size_t>(index)];
    of_class[static_cast<size_t>(example.label)].push_back(&example);
  }
  std::vector<Example> sample;
  for (size_t turn = 0; std::ssize(sample) < std::min<int64_t>(count, std::ssize(examples)); ++turn)
    for (const std::vector<const Example*>& pool : of_class)
      if (turn < pool.size() && std::ssize(sample) < count) sample.push_back(*pool[turn]);
  return sample;
}

}  // namespace manabi::world
