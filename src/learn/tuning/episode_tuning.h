// Tuning on the episodes of a data set: what is read and asked, from examples to the items of a step.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "learn/tuning/method.h"
#include "world/few_shot/zero_shot.h"

namespace manabi::learn {

// Three lists without an example in two of them. Throws base::Error that names the set and the sizes where there are too few.
struct Splits {
  std::vector<world::Episode> train, dev, test;
};
struct SplitSizes {
  int64_t train = 256, dev = 128, test = 300;
};
// Dev and test are the same for every seed: dev from the training split, test the start of the test split's fixed order. Train is drawn by the
// seed from what dev leaves. Dev and train are balanced over classes.
Splits draw_splits(const world::ZeroShot& task, const SplitSizes& sizes, uint64_t seed);

// As a model reads them; with rows of a prompt within the text where there is a template.
std::vector<JudgedEpisode> encode_all(const text::Tokenizer& tokenizer, std::span<const world::Episode> episodes, const ReaderOptions& options,
                                      const SoftTemplate* soft_template = nullptr);
std::shared_ptr<const std::vector<TuningItem>> items_of(std::span<const JudgedEpisode> episodes);

// The labels as they follow a prompt, of the first episode.
std::vector<std::string> labels_of(std::span<const world::Episode> episodes);

}  // namespace manabi::learn
